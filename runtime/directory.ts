/** What pages, API and viewers may know of the sessions: everything that `runtime/http.ts` needs of the registry. */
import type { WebSocket } from 'ws';
import type { LedgerTotals, SessionState } from '../actors/ports.ts';
import type { Cursor } from '../actors/wire/cursor.ts';
import type { LiveSession } from './live-session.ts';
import type { Registry } from './registry.ts';

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
}

/** The sessions, live ones and those that are still readable. */
export interface SessionDirectory {
  list(): SessionSummary[];
  get(slug: string): SessionSummary | undefined;
  /** Makes an open socket a viewer of the session. False, and nothing done, when there is no session of this name. */
  attach(slug: string, socket: WebSocket, viewer: ViewerRequest): boolean;
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

function summary(session: LiveSession): SessionSummary {
  const { slug, epoch, state, startedAt, endedAt, transcriber } = session;
  const known = { slug, epoch, state, startedAt, transcriber, viewers: session.channel.hub.size };
  return { ...known, ...(endedAt === undefined ? {} : { endedAt }), ledger: session.ledger() };
}
