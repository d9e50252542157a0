/** One attempt to deliver the oldest event of an outbox: waits for its turn, posts, notes what was accepted. */
import { fromCallback } from 'xstate';
import type { EventObject } from 'xstate';
import { retryAfterOf } from '../../actors/retry-after.ts';
import type { AttemptFact, DeliveryFault } from '../../machines/webhook-events.ts';
import { post, PostError } from '../outgoing/post.ts';
import type { HookEvent } from './event.ts';
import type { Outbox } from './outbox.ts';
import { signed } from './signature.ts';

/** Longest `Retry-After` that is obeyed; the chart has a bound of its own. */
const RETRY_AFTER_MAX_MS = 3_600_000;
/** What a receiver answers is not read beyond this. */
const ANSWER_MAX_BYTES = 65_536;

/** Where webhooks go, for all runs. */
export interface Receiver {
  url: URL;
  secret: string;
  timeoutMs: number;
  /** Does work when its turn comes; `signal` takes it out while it waits. */
  take: (work: () => Promise<void>, signal: AbortSignal) => Promise<void>;
  /** Wall clock in milliseconds since 1970. */
  todayMs: () => number;
}

export interface AttemptInput {
  outbox: Outbox;
  receiver: Receiver;
  onAccepted: (event: HookEvent) => void;
}

/** Tells `attempt.started`, then one of the other facts. Takes no commands: when it is left its request is cut. */
export const attemptDelivery = fromCallback<EventObject, AttemptInput>(({ input, sendBack }) => {
  const controller = new AbortController();
  const { signal } = controller;
  const tell = (fact: AttemptFact): void => (signal.aborted ? undefined : sendBack(fact));
  const work = async (): Promise<void> => tell(await attempt(input, signal, tell));
  // Only a turn that is given up rejects.
  input.receiver.take(work, signal).catch(() => {});
  return () => controller.abort();
});

async function attempt(
  { outbox, receiver, onAccepted }: AttemptInput,
  signal: AbortSignal,
  tell: (fact: AttemptFact) => void,
): Promise<AttemptFact> {
  tell({ type: 'attempt.started' });
  const event = await outbox.oldest().catch(() => 'unreadable' as const);
  if (event === 'unreadable') return failed('unreadable');
  if (typeof event === 'string') return { type: 'attempt.accepted' };
  try {
    const { status, headers } = await send(receiver, event, signal);
    if (status < 200 || status > 299) {
      return failed(faultOf(status), retryAfterOf(headers['retry-after'], RETRY_AFTER_MAX_MS));
    }
  } catch (error) {
    // An answer that is too long is an answer nobody needs to read, but its status is lost with it.
    return failed(error instanceof PostError ? causes[error.reason] : 'unreachable');
  }
  if (!signal.aborted) {
    outbox.pass(event.offset);
    onAccepted(event);
  }
  return { type: 'attempt.accepted' };
}

const causes: Record<PostError['reason'], DeliveryFault> = {
  address_refused: 'address_refused',
  unresolved: 'unreachable',
  timeout: 'timeout',
  answer_too_large: 'unreachable',
  unreachable: 'unreachable',
};

function send({ url, secret, timeoutMs, todayMs }: Receiver, { id, body }: HookEvent, signal: AbortSignal) {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'captiond',
    ...signed(secret, id, Math.floor(todayMs() / 1_000), body),
  };
  return post({ url, author: 'operator', headers, body, timeoutMs, answerMaxBytes: ANSWER_MAX_BYTES, signal });
}

function failed(cause: DeliveryFault, retryAfterMs: number | null = null): AttemptFact {
  return { type: 'attempt.failed', cause, retryAfterMs };
}

function faultOf(status: number): DeliveryFault {
  if (status >= 500) return 'answered_5xx';
  return status >= 400 ? 'answered_4xx' : 'answered_3xx';
}
