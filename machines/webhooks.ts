/**
 * The deliveries of one run's webhooks, in order and one at a time: an event that fails holds back those behind it, is
 * tried again after growing rests, and is dropped, loudly, once the receiver has failed too often in a row.
 *
 * What the events are and how far they are delivered is the data plane's (`runtime/webhooks/`).
 */
import { assign, setup } from 'xstate';
import type { AttemptFact, DeliveryFault, OutboxFact, WebhooksRequest } from './webhook-events.ts';
import { callbackSlot } from './slots.ts';

/** Deadlines of deliveries, in milliseconds. */
export interface WebhooksTiming {
  /** WEBHOOK_TIMEOUT_MS: from the request to the end of its answer. */
  attemptTimeoutMs: number;
  /** From a stop until the request that is out is cut. */
  stopTimeoutMs: number;
  /** Rest after the first failure; doubled for each further one in a row. */
  backoffBaseMs: number;
  /** Longest rest, whatever the receiver asks for. */
  backoffMaxMs: number;
}

export interface WebhooksInput {
  timing: WebhooksTiming;
  /** WEBHOOK_ATTEMPTS_MAX: failures in a row from which on an event that fails is dropped. */
  attemptsMax: number;
}

export interface WebhooksContext extends WebhooksInput {
  /** Failures in a row. */
  attempts: number;
  retryAfterMs: number | null;
}

/** Rest after so many failures in a row, in milliseconds. */
export function deliveryBackoffMs({ attempts, retryAfterMs, timing }: WebhooksContext): number {
  const ownMs = timing.backoffBaseMs * 2 ** Math.min(30, Math.max(0, attempts - 1));
  return Math.min(Math.max(ownMs, retryAfterMs ?? 0), timing.backoffMaxMs);
}

const webhooksSetup = setup({
  types: {
    context: {} as WebhooksContext,
    events: {} as OutboxFact | AttemptFact | WebhooksRequest,
    input: {} as WebhooksInput,
    children: {} as { outbox: 'outbox'; attempt: 'attempt' },
    tags: {} as 'stopping' | 'forced',
  },
  actors: {
    /** Tells how the outbox is, at once and whenever that changes. */
    outbox: callbackSlot('outbox'),
    /** Delivers the oldest event once. Cuts its request when it is left. */
    attempt: callbackSlot('attempt'),
  },
  actions: {
    countFailure: assign({
      attempts: ({ context }) => context.attempts + 1,
      retryAfterMs: ({ event }) => (event.type === 'attempt.failed' ? event.retryAfterMs : null),
    }),
    forgetFailures: assign({ attempts: 0, retryAfterMs: null }),
    /** An attempt failed: counted and said. Provided. */
    noteFailure: (_args, _params: { cause: DeliveryFault }) => {},
    /** The oldest event will not be delivered. Provided. */
    dropOldest: (_args, _params: { cause: DeliveryFault }) => {},
  },
  guards: {
    isHopeless: ({ context }) => context.attempts + 1 >= context.attemptsMax,
  },
  delays: {
    attemptTimeout: ({ context }) => context.timing.attemptTimeoutMs,
    stopTimeout: ({ context }) => context.timing.stopTimeoutMs,
    /** Provided with jitter. */
    backoff: ({ context }) => deliveryBackoffMs(context),
  },
});

const cause = ({ event }: { event: AttemptFact | OutboxFact | WebhooksRequest }) =>
  ({
    cause: event.type === 'attempt.failed' ? event.cause : 'timeout',
  }) as const;
const failed = [
  {
    guard: 'isHopeless',
    target: '#webhooks.resting',
    actions: ['countFailure', { type: 'noteFailure', params: cause }, { type: 'dropOldest', params: cause }],
  },
  { target: '#webhooks.resting', actions: ['countFailure', { type: 'noteFailure', params: cause }] },
] as const;

export const webhooksMachine = webhooksSetup.createMachine({
  id: 'webhooks',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, attempts: 0, retryAfterMs: null }),
  initial: 'waiting',
  states: {
    waiting: {
      invoke: { id: 'outbox', src: 'outbox', onError: 'stopped' },
      on: { 'outbox.waiting': 'sending', 'outbox.emptied': 'emptied', 'webhooks.stop': 'stopped' },
    },
    sending: {
      invoke: { id: 'attempt', src: 'attempt', onError: 'resting' },
      initial: 'queued',
      on: {
        'attempt.accepted': { target: 'waiting', actions: 'forgetFailures' },
        'attempt.failed': [...failed],
      },
      states: {
        queued: { on: { 'attempt.started': 'posting', 'webhooks.stop': '#webhooks.stopped' } },
        posting: { on: { 'webhooks.stop': 'leaving' }, after: { attemptTimeout: [...failed] } },
        leaving: {
          tags: 'stopping',
          on: { 'attempt.accepted': '#webhooks.stopped', 'attempt.failed': '#webhooks.stopped' },
          after: { stopTimeout: '#webhooks.stopped' },
        },
      },
    },
    resting: { on: { 'webhooks.stop': 'stopped' }, after: { backoff: 'waiting' } },
    emptied: { type: 'final' },
    stopped: { type: 'final' },
  },
});
