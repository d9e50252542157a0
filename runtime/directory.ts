/** What pages, API and viewers may know of the sessions: everything that `runtime/http.ts` needs of the registry. */
import type { WebSocket } from 'ws';
import type { LedgerTotals, SessionState } from '../actors/ports.ts';
import type { Cursor } from '../actors/wire/cursor.ts';
import type { LiveSession } from './live-session.ts';
import type { ErrorCode } from '../machines/errors.ts';
import type { Registry } from './registry.ts';
import type { SessionWishes } from './session-wishes.ts';

/** One session as `GET /sessions` and `GET /sessions/SLUG` tell it. Fields ending in `At` are ISO 8601 UTC. */
export interface SessionSummary {
  slug: string;
  /** The run: a new publish after the end starts another. */
  epoch: number;
  state: SessionState;
  startedAt: string;
  /** Only once the session has ended. */
  endedAt?: string;
  /** Name of the engine. */
  transcriber: string;
  /** Viewers attached now. */
  viewers: number;
  ledger: LedgerTotals;
}

/** What a viewer asked for in its request. */
export interface ViewerRequest {
  /** `v2` is the subprotocol `captiond.v2`; `v1` the old shape. */
  version: 'v1' | 'v2';
  /** Resume after this record; undefined: live only. */
  after: Cursor | undefined;
  /** False: finals only. */
  partials: boolean;
  /** Transcripts of this language alone; undefined: of every language. */
  language?: string | undefined;
}

/** The sessions, live ones and those that are still readable. */
export interface SessionDirectory {
  list(): SessionSummary[];
  get(slug: string): SessionSummary | undefined;
  /** Makes an open socket a viewer of the session. False, and nothing done, when there is no session of this name. */
  attach(slug: string, socket: WebSocket, viewer: ViewerRequest): boolean;
}

/** Why something was not done. */
export interface Refusal {
  code: ErrorCode;
  detail?: string;
}

/** What the API may do to sessions. */
export interface SessionControl {
  /** Starts a session that waits for its publisher; an error code when that cannot be. */
  prepare(slug: string, wishes: SessionWishes): SessionSummary | Refusal;
  /** Ends a session in order; undefined when there is none that is live. */
  stop(slug: string): SessionSummary | undefined;
}

/** The directory of a registry. */
export function sessionDirectory(registry: Registry): SessionDirectory {
  return {
    list: () => registry.list().map(summary),
    get: (slug) => {
      const session = registry.get(slug);
      return session && summary(session);
    },
    attach: (slug, socket, viewer) => {
      const session = registry.get(slug);
      session?.channel.attach(socket, viewer);
      return session !== undefined;
    },
  };
}

/** Control over a registry; `admits` says why no session may start now. */
export function sessionControl(
  registry: Registry,
  admits: (wishes: SessionWishes) => Refusal | undefined,
): SessionControl {
  return {
    prepare: (slug, wishes) => {
      if (registry.live(slug) !== undefined) return { code: 'session_exists' };
      return admits(wishes) ?? summary(registry.start(slug, wishes));
    },
    stop: (slug) => {
      const session = registry.live(slug);
      void session?.stop('stopped');
      return session && summary(session);
    },
  };
}

function summary(session: LiveSession): SessionSummary {
  const { slug, epoch, state, startedAt, endedAt, transcriber } = session;
  const known = { slug, epoch, state, startedAt, transcriber, viewers: session.channel.hub.size };
  return { ...known, ...(endedAt === undefined ? {} : { endedAt }), ledger: session.ledger() };
}
