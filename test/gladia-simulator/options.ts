/** How the simulated Gladia behaves when nothing is wrong. */

export interface SimulatorOptions {
  key: string;
  /** Sessions at a time; one more is answered with 429. */
  concurrency: number;
  /** How long a session that has ended still counts as one of them. */
  slotHeldMs: number;
  /** From a request for a session to its answer. */
  postDelayMs: number;
  ackDelayMs: number;
  /** From the end of an utterance to its final. */
  finalDelayMs: number;
  /** From the acknowledgement of a stop to the end. */
  endDelayMs: number;
  /** The same when the end is slow. */
  slowEndMs: number;
  /** From the end to the moment at which the result is there. */
  resultDelayMs: number;
  /** Without audio a connection is closed with 4408 after this time. */
  idleMs: number;
  /** A session that nobody is connected to ends after this time. */
  detachedMs: number;
  /** A session ends this long after it was asked for, with `limitCode`. */
  sessionLimitMs: number;
  limitCode: number;
  /** An ended session: accepted and closed with 4403, or refused with 403. */
  endedMode: 'accept_then_4403' | 'http_403';
  /** What a handshake with a token that nobody was given is answered with. */
  unknownTokenStatus: number;
  /** What was said while nobody was connected is said at the next connection. */
  redeliver: boolean;
  /** Ids of utterances count from the beginning again at each connection. */
  restartIds: boolean;
  /** Chunks of half a sample are appended as they are, or not taken. */
  oddChunks: 'taken' | 'refused';
  /** Is `start_session` said on the socket? */
  startSession: boolean;
  port: number;
  /** Where clients are told to connect, when it is not the simulator itself: a proxy before it. */
  publicUrl: string | undefined;
}

export const defaults: SimulatorOptions = {
  key: 'test-key',
  concurrency: 30,
  slotHeldMs: 0,
  postDelayMs: 0,
  ackDelayMs: 5,
  finalDelayMs: 300,
  endDelayMs: 100,
  slowEndMs: 20_000,
  resultDelayMs: 0,
  idleMs: 30_000,
  detachedMs: 60_000,
  sessionLimitMs: 10_800_000,
  limitCode: 1000,
  endedMode: 'accept_then_4403',
  unknownTokenStatus: 404,
  redeliver: false,
  restartIds: false,
  oddChunks: 'taken',
  startSession: false,
  port: 0,
  publicUrl: undefined,
};
