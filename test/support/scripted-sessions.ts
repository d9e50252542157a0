/** Sessions without a publisher or an engine: the real fan-out to viewers, told what to say by a test. */
import { createActor } from 'xstate';
import { leaseDesk } from '../../actors/ai/desk-actor.ts';
import { bindInput } from '../../actors/bind-input.ts';
import type { LoggedTranscript } from '../../actors/exports/worker.ts';
import type { LimitName, OnLimit } from '../../actors/limit-names.ts';
import { SessionChannel } from '../../actors/viewers/channel.ts';
import type { ChannelLimits } from '../../actors/viewers/channel.ts';
import type { ViewerLine } from '../../actors/viewers/line.ts';
import { closes } from '../../actors/wire/close-codes.ts';
import { aiLeaseMachine, LEASE_LINE_MAX } from '../../machines/ai-lease.ts';
import { readConfig } from '../../runtime/config.ts';
import type { SessionDirectory, SessionSummary } from '../../runtime/directory.ts';
import { createLog } from '../../runtime/log.ts';
import { scriptedLog } from './scripted-log.ts';
import type { ScriptedLog } from './scripted-log.ts';

/** One run of a session. */
export interface ScriptedSession {
  channel: SessionChannel;
  log: ScriptedLog;
  /** Limits that its viewers exceeded, in order. */
  limits: LimitName[];
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
  lines: Set<ViewerLine>;
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
    const made = newScripted(slug, this.#epoch, this.#limits);
    this.#sessions.set(slug, made);
    return made.session;
  }

  list(): SessionSummary[] {
    return [...this.#sessions.values()].map(({ summary }) => summary);
  }

  get(slug: string): SessionSummary | undefined {
    return this.#sessions.get(slug)?.summary;
  }

  attach(...[slug, line, viewer]: Parameters<SessionDirectory['attach']>): boolean {
    const { session, audience } = this.#sessions.get(slug) ?? {};
    if (session === undefined || audience === undefined) return false;
    if (audience.isCut) line.terminate();
    else session.channel.attach(line, viewer);
    audience.lines.add(line);
    return true;
  }

  transcript(slug: string): Promise<LoggedTranscript | undefined> {
    const { session, summary } = this.#sessions.get(slug) ?? {};
    if (session === undefined || summary === undefined) return Promise.resolve(undefined);
    return Promise.resolve({ ...summary, bodies: session.log.records.map(({ body }) => body) });
  }
}

function newScripted(slug: string, epoch: number, limits: Partial<ChannelLimits>): Scripted {
  const ledger = { receivedMs: 60_000, transcribedMs: 48_000, gapMs: 12_000, unackedMs: 0 };
  const startedAt = new Date().toISOString();
  const run = { slug, epoch, startedAt, transcriber: 'script' };
  const summary: SessionSummary = { ...run, state: 'live', audio: 'flowing', offset: 0, viewers: 0, ledger };
  const log = scriptedLog(run);
  const exceeded: LimitName[] = [];
  const channel = newChannel(log, limits, (limit) => exceeded.push(limit));
  const lease = startLease(channel, limits.aiLeaseMs ?? 5_000);
  const audience: Audience = { lines: new Set(), isCut: false };
  const places = new Map<string, number>();
  const utterance = (id: string, text: string) => {
    const startMs = (places.get(id) ?? places.size) * UTTERANCE_MS;
    places.set(id, startMs / UTTERANCE_MS);
    const identity = { engineSession: 'script', utterance: id, channel: 0, language: 'en' };
    return { ...identity, text, startMs, endMs: startMs + SPEECH_MS };
  };
  const session: ScriptedSession = {
    channel,
    log,
    limits: exceeded,
    partial: (id, text) => channel.sink.partial(utterance(id, text)),
    final: (id, text) => channel.sink.final(utterance(id, text)),
    cut: () => {
      audience.isCut = true;
      for (const line of audience.lines) line.terminate();
    },
    mend: () => void (audience.isCut = false),
    end: () => {
      Object.assign(summary, { state: 'ended', audio: 'none', endedAt: new Date().toISOString() });
      channel.end('publisher_ended', ledger);
      lease.send({ type: 'ai.close' });
      channel.hub.close(closes.sessionEnded, () => channel.heartbeat.stop());
    },
  };
  channel.setState('live');
  return { session, summary, audience };
}

function startLease(channel: SessionChannel, leaseMs: number) {
  const machine = aiLeaseMachine.provide({ actors: { desk: bindInput(leaseDesk, channel) } });
  const input = { timing: { leaseMs, takeTimeoutMs: 1_000 }, lineMax: LEASE_LINE_MAX };
  return createActor(machine, { input }).start();
}

function newChannel(scripted: ScriptedLog, limits: Partial<ChannelLimits>, onLimit: OnLimit): SessionChannel {
  const read = readConfig({});
  if (!read.ok) throw new Error('the defaults are no options');
  const log = createLog({ level: 'error', pretty: false, write: () => {} });
  return new SessionChannel({
    writer: scripted.writer,
    sessionLog: scripted.log,
    limits: { ...read.config, ...limits },
    onLimit,
    nowMs: () => performance.now(),
    log,
  });
}
