/** Sessions without a publisher or an engine: the real fan-out to viewers, told what to say by a test. */
import type { WebSocket } from 'ws';
import { SessionChannel } from '../../actors/viewers/channel.ts';
import type { ChannelLimits } from '../../actors/viewers/channel.ts';
import { closes } from '../../actors/wire/close-codes.ts';
import { readConfig } from '../../runtime/config.ts';
import type { SessionDirectory, SessionSummary } from '../../runtime/directory.ts';
import { createLog } from '../../runtime/log.ts';

/** One run of a session. */
export interface ScriptedSession {
  channel: SessionChannel;
  /** Text of an utterance that goes on. */
  partial(utterance: string, text: string): void;
  /** Text of an utterance that is finished; without a partial before it, of one of its own. */
  final(utterance: string, text: string): void;
  /** Cuts every viewer's connection, and every new one until it is mended, as a broken network does. */
  cut(): void;
  mend(): void;
  /** Ends the run and closes its viewers. */
  end(): void;
}

interface Audience {
  sockets: Set<WebSocket>;
  isCut: boolean;
}

interface Scripted {
  session: ScriptedSession;
  summary: SessionSummary;
  audience: Audience;
}

/** How much of the session's clock one utterance takes, pauses included, and how much of that is speech. */
const UTTERANCE_MS = 2_500;
const SPEECH_MS = 2_000;

export class ScriptedSessions implements SessionDirectory {
  readonly #sessions = new Map<string, Scripted>();
  readonly #limits: Partial<ChannelLimits>;
  #epoch = 0;

  /** @param limits Options of a session that are not the usual ones. */
  constructor(limits: Partial<ChannelLimits> = {}) {
    this.#limits = limits;
  }

  /** Starts a run that is live; one before it of the same name is forgotten. */
  start(slug: string): ScriptedSession {
    this.#epoch += 1;
    const made = scripted(slug, this.#epoch, this.#limits);
    this.#sessions.set(slug, made);
    return made.session;
  }

  list(): SessionSummary[] {
    return [...this.#sessions.values()].map(({ summary }) => summary);
  }

  get(slug: string): SessionSummary | undefined {
    return this.#sessions.get(slug)?.summary;
  }

  attach(...[slug, socket, viewer]: Parameters<SessionDirectory['attach']>): boolean {
    const { session, audience } = this.#sessions.get(slug) ?? {};
    if (session === undefined || audience === undefined) return false;
    if (audience.isCut) socket.terminate();
    else session.channel.attach(socket, viewer);
    audience.sockets.add(socket);
    return true;
  }
}

function scripted(slug: string, epoch: number, limits: Partial<ChannelLimits>): Scripted {
  const ledger = { receivedMs: 60_000, transcribedMs: 48_000, gapMs: 12_000, unackedMs: 0 };
  const startedAt = new Date().toISOString();
  const summary: SessionSummary = { slug, epoch, state: 'live', startedAt, transcriber: 'script', viewers: 0, ledger };
  const channel = newChannel(summary, limits);
  const audience: Audience = { sockets: new Set(), isCut: false };
  const places = new Map<string, number>();
  const utterance = (id: string, text: string) => {
    const startMs = (places.get(id) ?? places.size) * UTTERANCE_MS;
    places.set(id, startMs / UTTERANCE_MS);
    const identity = { engineSession: 'script', utterance: id, channel: 0, language: 'en' };
    return { ...identity, text, startMs, endMs: startMs + SPEECH_MS };
  };
  const session: ScriptedSession = {
    channel,
    partial: (id, text) => channel.sink.partial(utterance(id, text)),
    final: (id, text) => channel.sink.final(utterance(id, text)),
    cut: () => {
      audience.isCut = true;
      for (const socket of audience.sockets) socket.terminate();
    },
    mend: () => void (audience.isCut = false),
    end: () => {
      Object.assign(summary, { state: 'ended', endedAt: new Date().toISOString() });
      channel.end('publisher_ended', ledger);
      channel.hub.close(closes.sessionEnded, () => channel.heartbeat.stop());
    },
  };
  channel.setState('live');
  return { session, summary, audience };
}

function newChannel(
  { slug, epoch, startedAt, transcriber }: SessionSummary,
  limits: Partial<ChannelLimits>,
): SessionChannel {
  const read = readConfig({});
  if (!read.ok) throw new Error('the defaults are no options');
  const log = createLog({ level: 'error', pretty: false, write: () => {} });
  return new SessionChannel({
    slug,
    epoch,
    startedAt,
    transcriber,
    limits: { ...read.config, ...limits },
    nowMs: () => performance.now(),
    log,
  });
}
