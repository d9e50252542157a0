/**
 * Who may call the language model of one session: one holder at a time, under a fence that grows.
 *
 * Whoever asks stands in line. The lease is taken in the session log, whose token is the fence, for the first of the
 * line; it passes on at once when its holder is gone, gives it up, does not renew it in time, or when the log takes it
 * away. What the log cannot say is no "free": those who wait are refused. Holders are plain ids; what they are, and the
 * log's lease, belong to the desk.
 */
import { assign, not, sendTo, setup } from 'xstate';
import type { AiDeskCommand, AiHolderFact, AiLeaseRequest, AiLogFact } from './ai-events.ts';
import { callbackSlot } from './slots.ts';

/** Those who may wait for the lease of one session; a further one is turned away. */
export const LEASE_LINE_MAX = 256;

/** Deadlines of the lease, in milliseconds. */
export interface AiLeaseTiming {
  /** `AI_LEASE_MS`: life of an unrenewed lease, and the rest before another server is asked for it again. */
  leaseMs: number;
  /** How long the session log may take to give the lease. */
  takeTimeoutMs: number;
}

export interface AiLeaseInput {
  timing: AiLeaseTiming;
  /** Those who may wait. */
  lineMax: number;
}

export interface AiLeaseContext extends AiLeaseInput {
  /** Null while nobody holds it. */
  holder: string | null;
  /** Of the newest holder; 0 before the first. */
  fence: number;
  /** Those who wait, first come first. */
  line: readonly string[];
}

type Asking = { holder: string };

const leaseSetup = setup({
  types: {
    context: {} as AiLeaseContext,
    events: {} as AiHolderFact | AiLogFact | AiLeaseRequest,
    input: {} as AiLeaseInput,
    children: {} as { desk: 'desk' },
  },
  actors: { desk: callbackSlot<AiDeskCommand>('desk') },
  actions: {
    joinLine: assign({ line: ({ context }, { holder }: Asking) => [...context.line, holder] }),
    leaveLine: assign({ line: ({ context }, { holder }: Asking) => context.line.filter((each) => each !== holder) }),
    clearLine: assign({ line: [] }),
    promote: assign({
      holder: ({ context }) => context.line[0] ?? null,
      line: ({ context }) => context.line.slice(1),
      fence: (_, { fence }: { fence: number }) => fence,
    }),
    depose: assign({ holder: null }),
    take: sendTo('desk', { type: 'lease.take' }),
    hand: sendTo('desk', ({ context }) => ({
      type: 'lease.hand',
      holder: context.holder ?? '',
      fence: context.fence,
    })),
    extend: sendTo('desk', { type: 'lease.extend' }),
    giveBack: sendTo('desk', { type: 'lease.give_back' }),
    announceFree: sendTo('desk', { type: 'lease.announce_free' }),
    announceElsewhere: sendTo('desk', { type: 'lease.announce_elsewhere' }),
    refuse: sendTo('desk', { type: 'lease.refuse' }),
    turnAway: sendTo('desk', (_, { holder }: Asking) => ({ type: 'lease.turn_away', holder })),
  },
  guards: {
    isHolder: ({ context }, { holder }: Asking) => context.holder === holder,
    /** It is the holder, and under no older fence. */
    isCurrent: ({ context }, { holder, fence }: Asking & { fence: number }) =>
      context.holder === holder && context.fence === fence,
    isKnown: ({ context }, { holder }: Asking) => context.holder === holder || context.line.includes(holder),
    hasRoom: ({ context }) => context.line.length < context.lineMax,
    isWanted: ({ context }) => context.line.length > 0,
  },
  delays: {
    lease: ({ context }) => context.timing.leaseMs,
    takeTimeout: ({ context }) => context.timing.takeTimeoutMs,
  },
});

const whoever = ({ event }: { event: Asking }): Asking => ({ holder: event.holder });
const named = ({ event }: { event: Asking & { fence: number } }) => ({ holder: event.holder, fence: event.fence });

/** Joins the line unless it stands there already. */
const asking = [
  { guard: { type: 'isKnown', params: whoever } },
  { guard: 'hasRoom', actions: { type: 'joinLine', params: whoever } },
  { actions: { type: 'turnAway', params: whoever } },
] as const;
const leaving = { actions: { type: 'leaveLine', params: whoever } } as const;
const noWord = { target: 'free', actions: ['refuse', 'clearLine'] } as const;

export const aiLeaseMachine = leaseSetup.createMachine({
  id: 'ai-lease',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, holder: null, fence: 0, line: [] }),
  invoke: { id: 'desk', src: 'desk', onError: '.closed' },
  initial: 'free',
  on: { 'ai.close': '.closed' },
  states: {
    /** Nobody wants it. */
    free: {
      on: { 'ai.asked': { target: 'taking', actions: { type: 'joinLine', params: whoever } } },
    },
    /** The session log is asked for it; the first of the line will have it. */
    taking: {
      entry: 'take',
      always: { guard: not('isWanted'), target: 'free', actions: ['giveBack', 'announceFree'] },
      on: {
        'ai.asked': [...asking],
        'ai.left': leaving,
        'lease.taken': {
          target: 'held',
          actions: { type: 'promote', params: ({ event }) => ({ fence: event.fence }) },
        },
        'lease.denied': 'elsewhere',
        'lease.failed': noWord,
      },
      after: { takeTimeout: { ...noWord, actions: ['giveBack', ...noWord.actions] } },
    },
    /** Another server has it; it is asked for again after a while. */
    elsewhere: {
      entry: 'announceElsewhere',
      always: { guard: not('isWanted'), target: 'free' },
      on: { 'ai.asked': [...asking], 'ai.left': leaving },
      after: { lease: 'taking' },
    },
    /** One has it, until it does not renew it in time. */
    held: {
      entry: 'hand',
      initial: 'valid',
      on: {
        'ai.asked': [...asking],
        'ai.renewed': { guard: { type: 'isCurrent', params: named }, target: '.valid', actions: 'extend' },
        'ai.released': { guard: { type: 'isCurrent', params: named }, target: 'passing' },
        'ai.left': [{ guard: { type: 'isHolder', params: whoever }, target: 'passing' }, leaving],
        'lease.lost': 'passing',
      },
      states: { valid: { after: { lease: '#ai-lease.passing' } } },
    },
    /** To the next in line, if there is one. */
    passing: {
      entry: ['depose', 'giveBack'],
      always: [
        { guard: 'isWanted', target: 'taking' },
        { target: 'free', actions: 'announceFree' },
      ],
    },
    closed: { type: 'final' },
  },
});
