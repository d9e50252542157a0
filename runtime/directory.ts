/** What pages, API and viewers may know of the sessions: everything that `runtime/http.ts` needs of the registry. */
import type { LoggedTranscript } from '../actors/exports/worker.ts';
import type { LedgerTotals, SessionState } from '../actors/ports.ts';
import { startOf } from '../actors/viewers/channel.ts';
import type { AttachRequest } from '../actors/viewers/channel.ts';
import type { ViewerLine } from '../actors/viewers/line.ts';
import type { Records } from '../actors/viewers/records.ts';
import { replay } from '../actors/viewers/replay.ts';
import type { Archive, PastRun } from './archive.ts';
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
  /** Does the publisher's audio come? `silent`: it is connected and has sent none for ten seconds; `none`: it is not there. */
  audio: 'flowing' | 'silent' | 'none';
  startedAt: string;
  /** Only once the session has ended. */
  endedAt?: string;
  /** Name of the engine. */
  transcriber: string;
  /** Of the newest record that is shown; 0 before the first. */
  offset: number;
  /** Viewers attached now. */
  viewers: number;
  ledger: LedgerTotals;
}

/** The sessions, live ones and those that are still readable. */
export interface SessionDirectory {
  list(): SessionSummary[];
  get(slug: string): SessionSummary | undefined;
  /** Makes an open line a viewer of the session. False, and nothing done, when there is no session of this name. */
  attach(slug: string, line: ViewerLine, viewer: AttachRequest): boolean;
  /**
   * A run with all its records so far: of this epoch, else the live or newest one. Undefined when there is none. Rejects
   * with a `LogError` when the log cannot be read.
   */
  transcript(slug: string, epoch?: number): Promise<LoggedTranscript | undefined>;
}

/** Why something was not done. */
export interface Refusal {
  code: ErrorCode;
  detail?: string;
}

/** What the API may do to sessions. */
export interface SessionControl {
  /** Starts a session that waits for its publisher; an error code when that cannot be. */
  prepare(slug: string, wishes: SessionWishes): Promise<SessionSummary | Refusal>;
  /** Ends a session in order; undefined when there is none that is live. */
  stop(slug: string): SessionSummary | undefined;
}

/** The directory of what is live and what is over. */
export function sessionDirectory(registry: Registry, archive: Archive, nowMs: () => number): SessionDirectory {
  return {
    list: () => {
      const past = archive.list();
      const over = past.filter(({ slug }) => registry.live(slug) === undefined);
      return [...registry.liveSessions().map(summary), ...over.map(summaryOfPast)];
    },
    get: (slug) => {
      const session = registry.live(slug);
      if (session !== undefined) return summary(session);
      const past = archive.find(slug);
      return past && summaryOfPast(past);
    },
    attach: (slug, line, viewer) => {
      const session = registry.live(slug);
      if (session !== undefined) session.channel.attach(line, viewer);
      const past = session === undefined ? archive.find(slug) : undefined;
      if (past !== undefined) replayPast(past, { archive, line, viewer, nowMs });
      return session !== undefined || past !== undefined;
    },
    transcript: async (slug, epoch) => {
      const session = registry.live(slug);
      if (session !== undefined && (epoch === undefined || epoch === session.epoch)) {
        const { startedAt, transcriber } = session;
        const bodies = await allBodies(session.channel.records);
        return { slug, epoch: session.epoch, startedAt, transcriber, bodies };
      }
      const past = archive.find(slug, epoch);
      if (past === undefined) return undefined;
      const { startedAt, endedAt, transcriber } = past;
      const bodies = await allBodies(archive.records(past));
      return { slug, epoch: past.epoch, startedAt, endedAt, transcriber, bodies };
    },
  };
}

interface Replayed {
  archive: Archive;
  line: ViewerLine;
  viewer: AttachRequest;
  nowMs: () => number;
}

function replayPast(past: PastRun, { archive, line, viewer, nowMs }: Replayed): void {
  const { slug, epoch, startedAt, transcriber, lastOffset } = past;
  const { offset, ...resumption } = startOf(viewer.after, epoch, lastOffset);
  const known = { slug, epoch, offset: lastOffset, state: 'ended', startedAt, transcriber } as const;
  const view = { partials: viewer.partials, language: viewer.language, offset };
  replay(line, {
    run: past,
    hello: { type: 'session', ...known, ...resumption },
    records: archive.records(past),
    view,
    nowMs,
  });
}

/** @throws LogError when an older one cannot be read. */
async function allBodies(records: Records): Promise<string[]> {
  const bodies: string[] = [];
  const { lastOffset } = records;
  for (let offset = 1; offset <= lastOffset; offset += 1) {
    if (records.read(offset) === undefined) await records.load(offset);
    const record = records.read(offset);
    if (record !== undefined) bodies.push(record.json);
  }
  return bodies;
}

/** Whether sessions are taken. */
export interface Gate {
  /** Why no session of these wishes may start now. */
  refuses: (wishes: SessionWishes) => Refusal | undefined;
  isDraining: () => boolean;
}

/** Control over a registry. */
export function sessionControl(registry: Registry, { refuses, isDraining }: Gate): SessionControl {
  return {
    prepare: async (slug, wishes) => {
      if (registry.live(slug) !== undefined || registry.isStarting(slug)) return { code: 'session_exists' };
      const refusal = refuses(wishes);
      if (refusal !== undefined) return refusal;
      const session = await registry.start(slug, wishes);
      // Whoever drains the server has it ended.
      return isDraining() ? { code: 'server_draining' } : summary(session);
    },
    stop: (slug) => {
      const session = registry.live(slug);
      void session?.stop('stopped');
      return session && summary(session);
    },
  };
}

function summary(session: LiveSession): SessionSummary {
  const { slug, epoch, state, audio, startedAt, transcriber, channel } = session;
  // Whoever has all that is shown of an ended run still lacks what is on its way to the disk.
  const offset = state === 'ended' ? channel.recordedOffset : channel.offset;
  const known = { slug, epoch, state, audio, startedAt, transcriber, offset };
  return { ...known, viewers: channel.hub.size, ledger: session.ledger() };
}

function summaryOfPast({ slug, epoch, startedAt, endedAt, transcriber, lastOffset, ledger }: PastRun): SessionSummary {
  const known = { slug, epoch, startedAt, endedAt, transcriber, offset: lastOffset };
  return { ...known, state: 'ended', audio: 'none', viewers: 0, ledger };
}
