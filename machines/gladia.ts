/**
 * A session's transcription by Gladia, over as many of Gladia's sessions and connections as it takes.
 *
 * `link` asks for a session when there is audio, connects, streams, and after a loss calls the same address again, or
 * asks for a new session where that one is over. `wish` knows whether more audio will come. Every way out of an open
 * socket is a ladder: `stop_recording` and the rest of the words, then a close, then the end of the socket.
 */
import { and, not, or, raise, stateIn } from 'xstate';
import { gladiaSetup } from './gladia-setup.ts';

/** What a lost connection leads to, but for a stop that is under way. */
const lost = [
  { guard: 'isSessionOver', target: '#unheard', actions: ['keepReason', 'countAttempt'] },
  { guard: 'isRedialSpent', target: '#unheard', actions: ['keepReason', 'countAttempt'] },
  { target: '#redialing', actions: ['keepReason', 'countAttempt'] },
] as const;

const attached = gladiaSetup.createStateConfig({
  invoke: { id: 'socket', src: 'socket', onError: '#unheard' },
  initial: 'connecting',
  on: {
    'gladia.closed': lost,
    'gladia.refused': lost,
    'gladia.stalled': { target: '.severing', actions: ['keepReason', 'countAttempt'] },
    'gladia.give_up': '.quitting',
  },
  states: {
    connecting: {
      on: { 'gladia.opened': 'probing' },
      after: {
        openTimeout: {
          target: 'severing',
          actions: [{ type: 'keepCause', params: { cause: 'open_timeout' } }, 'countAttempt'],
        },
      },
    },
    probing: {
      on: {
        'gladia.ready': 'streaming',
        'gladia.unusable': { target: 'quitting', actions: { type: 'keepCause', params: { cause: 'count_restarted' } } },
      },
      after: {
        probeTimeout: {
          target: 'quitting',
          actions: [{ type: 'keepCause', params: { cause: 'probe_timeout' } }, 'countAttempt'],
        },
      },
    },
    streaming: {
      entry: 'announceReady',
      on: {
        'gladia.drained': 'stopping',
        'gladia.idle': 'stopping',
        'gladia.spent': { target: 'stopping', actions: 'retireSession' },
      },
      initial: 'fresh',
      after: { sessionLimit: { target: 'stopping', actions: 'retireSession' } },
      states: {
        fresh: { after: { healthyAfter: { target: 'healthy', actions: 'keepHealth' } } },
        healthy: {},
      },
    },
    stopping: {
      tags: 'stopping',
      entry: 'stopRecording',
      on: {
        'gladia.ended': 'ending',
        'gladia.closed': [
          { guard: and(['isWellClosed', not('isFinishing')]), target: '#waiting', actions: 'completeSession' },
          ...lost,
        ],
      },
      after: {
        stopTimeout: { target: 'quitting', actions: { type: 'keepCause', params: { cause: 'stop_timeout' } } },
      },
    },
    ending: {
      tags: 'stopping',
      entry: ['completeSession', 'close'],
      on: {
        'gladia.closed': '#waiting',
        'gladia.refused': '#waiting',
        'gladia.stalled': 'cutting',
        'gladia.give_up': {},
      },
      after: { closeTimeout: 'cutting' },
    },
    cutting: {
      tags: ['stopping', 'forced'],
      entry: 'terminate',
      on: {
        'gladia.closed': '#waiting',
        'gladia.refused': '#waiting',
        'gladia.stalled': {},
        'gladia.give_up': {},
      },
      after: { terminateTimeout: '#waiting' },
    },
    severing: {
      tags: 'forced',
      entry: 'terminate',
      on: { 'gladia.closed': '#redialing', 'gladia.refused': '#redialing', 'gladia.stalled': {} },
      after: { terminateTimeout: '#redialing' },
    },
    quitting: {
      tags: 'stopping',
      entry: ['stopRecording', 'close'],
      on: {
        'gladia.closed': '#unheard',
        'gladia.refused': '#unheard',
        'gladia.stalled': 'discarding',
        'gladia.give_up': {},
      },
      after: { closeTimeout: 'discarding' },
    },
    discarding: {
      tags: ['stopping', 'forced'],
      entry: 'terminate',
      on: { 'gladia.closed': '#unheard', 'gladia.refused': '#unheard', 'gladia.stalled': {}, 'gladia.give_up': {} },
      after: { terminateTimeout: '#unheard' },
    },
  },
});

const link = gladiaSetup.createStateConfig({
  initial: 'waiting',
  states: {
    waiting: {
      id: 'waiting',
      entry: 'awaitAudio',
      always: { guard: 'isGivenUp', target: 'closed' },
      on: { 'gladia.audio_waiting': 'initiating', 'gladia.audio_over': 'closed', 'gladia.give_up': 'closed' },
    },
    initiating: {
      entry: 'announceCalling',
      on: { 'gladia.give_up': 'closed' },
      invoke: {
        id: 'initiate',
        src: 'initiate',
        onDone: { target: 'attached', actions: 'beginSession' },
        onError: [
          {
            guard: { type: 'isRefused', params: ({ event }) => ({ error: event.error }) },
            target: 'refused',
            actions: { type: 'keepRefusal', params: ({ event }) => ({ error: event.error }) },
          },
          {
            target: 'resting',
            actions: [{ type: 'keepRefusal', params: ({ event }) => ({ error: event.error }) }, 'countAttempt'],
          },
        ],
      },
      after: {
        initiateTimeout: {
          target: 'resting',
          actions: [{ type: 'keepCause', params: { cause: 'initiate_timeout' } }, 'countAttempt'],
        },
      },
    },
    resting: {
      entry: 'announceLost',
      on: { 'gladia.give_up': 'closed' },
      after: { initiateBackoff: 'initiating' },
    },
    attached,
    redialing: {
      id: 'redialing',
      entry: 'announceLost',
      on: { 'gladia.give_up': 'closed' },
      after: { redialBackoff: 'attached' },
    },
    unheard: {
      id: 'unheard',
      always: [
        { guard: 'isGivenUp', target: 'closed' },
        { guard: 'isFinishing', target: 'fetching' },
        { target: 'resting' },
      ],
    },
    fetching: {
      on: { 'gladia.give_up': 'closed' },
      invoke: {
        id: 'result',
        src: 'result',
        onDone: { target: 'waiting', actions: 'completeReceived' },
        onError: 'resting',
      },
      after: { resultTimeout: 'resting' },
    },
    closed: { id: 'linkClosed', type: 'final' },
    refused: { id: 'linkRefused', type: 'final' },
  },
});

const isLinkOver = or([stateIn('#linkClosed'), stateIn('#linkRefused')]);

const wish = gladiaSetup.createStateConfig({
  initial: 'going',
  states: {
    going: {
      always: { guard: stateIn('#linkRefused'), target: 'over' },
      on: { 'gladia.finish': 'finishing', 'gladia.give_up': 'givenUp' },
    },
    finishing: {
      always: { guard: isLinkOver, target: 'over' },
      on: { 'gladia.give_up': 'givenUp' },
      after: { finishTimeout: { target: 'givenUp', actions: raise({ type: 'gladia.give_up' }) } },
    },
    givenUp: { always: { guard: isLinkOver, target: 'over' } },
    over: { type: 'final' },
  },
});

export const gladiaMachine = gladiaSetup.createMachine({
  id: 'gladia',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, attempts: 0, retryAfterMs: null, reason: 'not_connected' }),
  initial: 'active',
  states: {
    active: {
      type: 'parallel',
      states: { link, wish },
      onDone: [{ guard: 'hasBeenRefused', target: 'failed' }, { target: 'finished' }],
    },
    finished: { type: 'final', entry: 'announceFinished' },
    failed: { type: 'final', entry: 'announceFailed' },
  },
});
