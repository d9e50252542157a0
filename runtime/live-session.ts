/**
 * One session, assembled: its charts with their real actors, and the data plane that they supervise.
 *
 * publisher → intake (feed, clock, chunker, ledger) → transcriber → channel (transcript, log, hub) → viewers
 */
import { setTimeout } from 'node:timers/promises';
import { createActor, toPromise } from 'xstate';
import type { ActorRefFrom, AnyActorLogic } from 'xstate';
import { AudioIntake } from '../actors/audio/intake.ts';
import { bindInput } from '../actors/bind-input.ts';
import { ffmpegProcess } from '../actors/ffmpeg.ts';
import type { RunWriter, SessionLog } from '../actors/log/port.ts';
import type { Log, LedgerTotals, PublisherConnection, PublisherSink } from '../actors/ports.ts';
import { ResourceList } from '../actors/resources.ts';
import { SessionChannel } from '../actors/viewers/channel.ts';
import { viewerHub } from '../actors/viewers/hub-actor.ts';
import { closeCodes } from '../actors/wire/close-codes.ts';
import type { EndReason } from '../machines/events.ts';
import { defaultRestartPolicy } from '../machines/restart.ts';
import { isAccepting, sessionState } from '../machines/session-state.ts';
import { decoderMachine } from '../machines/session-setup.ts';
import { sessionMachine } from '../machines/session.ts';
import { viewersMachine } from '../machines/viewers.ts';
import type { Config } from './config.ts';
import { PublisherSlot } from './publisher-slot.ts';
import { superviseRoot } from './reaper.ts';
import type { Telemetry } from './telemetry.ts';
import type { SessionSample } from './telemetry/session-meter.ts';
import type { SessionTelemetry } from './telemetry/session-telemetry.ts';

/** Audio in and nothing out of ffmpeg for this long: it hangs and is replaced. */
export const DECODER_STALL_MS = 5_000;
/** ffmpeg must have been spawned within this time. */
const DECODER_START_TIMEOUT_MS = 10_000;
/** From the end of ffmpeg's input until SIGTERM; it leaves in about 10 ms by itself. */
const DECODER_END_TIMEOUT_MS = 500;
/** From SIGKILL until the process is given up. */
const KILL_TIMEOUT_MS = 2_000;
/** How long finalizing waits for ffmpeg's last PCM; a healthy one needs about 10 ms. */
const AUDIO_END_TIMEOUT_MS = 2_000;
const VIEWERS_CLOSE_TIMEOUT_MS = 2_000;
const VIEWERS_TERMINATE_TIMEOUT_MS = 500;
/** How long an ended session waits until its end is durable. */
const LOG_END_TIMEOUT_MS = 1_000;

/** What a session takes from the server. */
export interface LiveSessionOptions {
  /** Of the run, which says what it is. */
  writer: RunWriter;
  sessionLog: SessionLog;
  config: Config;
  ffmpegPath: string;
  /** The transcriber actor of this session, given its ends of the data plane. */
  transcriber: (plane: {
    intake: AudioIntake;
    channel: SessionChannel;
    resources: ResourceList;
    log: Log;
  }) => AnyActorLogic;
  /** Where the session is measured; undefined: nowhere. */
  telemetry?: Pick<Telemetry, 'begin' | 'end' | 'onLimit'> | undefined;
  log: Log;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Wall clock. */
  today: () => Date;
}

export class LiveSession {
  readonly slug: string;
  readonly epoch: number;
  readonly startedAt: string;
  readonly transcriber: string;
  /** Is nothing of it kept? */
  readonly isUnlogged: boolean;
  readonly channel: SessionChannel;
  readonly intake: AudioIntake;
  readonly resources = new ResourceList();
  readonly actor: ActorRefFrom<typeof sessionMachine>;
  /** Resolves when the chart has ended and everything is given back; never rejects. */
  readonly closed: Promise<void>;
  /** Resources that actors left behind; must stay 0. */
  leftovers = 0;
  endedAt: string | undefined;

  readonly #publisher: PublisherSlot;
  readonly #observed: SessionTelemetry | undefined;

  constructor(options: LiveSessionOptions) {
    const { writer, sessionLog, config, nowMs } = options;
    const { slug, epoch, startedAt, transcriber } = writer.run;
    this.slug = slug;
    this.epoch = epoch;
    this.startedAt = startedAt;
    this.transcriber = transcriber;
    this.isUnlogged = writer.isUnlogged === true;
    this.#observed = options.telemetry?.begin(writer.run, () => this.#sample());
    this.channel = new SessionChannel({
      writer,
      sessionLog,
      limits: config,
      nowMs,
      log: options.log,
      onLimit: (limit) => options.telemetry?.onLimit(limit),
      onDelivered: (lagMs) => this.#observed?.meter.delivered(lagMs),
      onTranscript: (kind, endMs) => this.#observed?.meter.said(kind, this.ledger().receivedMs - endMs),
    });
    this.intake = new AudioIntake({
      chunkMs: config.pcmChunkSizeMs,
      bufferMs: config.audioBufferMs,
      onGap: (startMs, endMs, cause) => this.channel.gap(startMs, endMs, cause),
      onFormatChanged: () => this.actor.send({ type: 'audio.format_changed' }),
    });
    this.#publisher = new PublisherSlot({
      nowMs,
      intake: this.intake,
      onAttached: () => this.actor.send({ type: 'publisher.attached' }),
      onLost: () => this.actor.send({ type: 'publisher.lost' }),
      onEnded: () => this.actor.send({ type: 'publisher.ended' }),
    });
    this.actor = createActor(this.#machine(options), {
      input: sessionInput(config),
      ...(this.#observed && { inspect: this.#observed.inspect }),
    });
    this.closed = this.#supervise(options);
    this.actor.start();
  }

  /** Does the session take a publisher now? */
  get accepting(): boolean {
    return isAccepting(this.actor.getSnapshot());
  }

  get publisher(): PublisherSlot {
    return this.#publisher;
  }

  get state(): ReturnType<typeof sessionState> {
    return sessionState(this.actor.getSnapshot());
  }

  ledger(): LedgerTotals {
    return this.intake.totals();
  }

  /** Makes `connection` this session's publisher; an earlier one is cut. */
  attach(connection: PublisherConnection, credential: string | undefined): PublisherSink {
    return this.#publisher.attach(connection, credential);
  }

  /** Ends the session in order. Idempotent; resolves with `closed`. */
  stop(reason: EndReason): Promise<void> {
    this.actor.send({ type: 'session.stop', reason });
    return this.closed;
  }

  /** Cuts everything at once; for the server's last resort. */
  force(): void {
    this.actor.stop();
    this.leftovers += this.resources.releaseAll();
  }

  #machine({ ffmpegPath, transcriber, log, nowMs }: LiveSessionOptions): typeof sessionMachine {
    const { channel, intake, resources } = this;
    const ffmpeg = bindInput(ffmpegProcess, {
      command: ffmpegPath,
      intake,
      resources,
      log,
      nowMs,
      stallMs: DECODER_STALL_MS,
    });
    return sessionMachine.provide({
      actors: {
        decoder: decoderMachine.provide({ actors: { child: ffmpeg } }),
        transcriber: transcriber({ intake, channel, resources, log }),
        viewers: viewersMachine.provide({ actors: { hub: bindInput(viewerHub, { channel }) } }),
      },
      actions: {
        disconnectPublisher: () => this.#publisher.disconnect('The session has ended.'),
        sealAudio: () => intake.drained(),
        settleLedger: () => intake.settle('finalize_timeout'),
        announceEnd: (_, { reason }) => channel.end(reason, intake.totals()),
      },
    });
  }

  #sample(): SessionSample {
    const { hub, heartbeat, duplicates } = this.channel;
    const { timeouts: heartbeatTimeouts } = heartbeat;
    return { ...hub.counts, clients: hub.size, heartbeatTimeouts, duplicates, ledger: this.ledger() };
  }

  async #supervise({ log, today, writer, telemetry }: LiveSessionOptions): Promise<void> {
    superviseRoot(this.actor, this.resources, (left, error) => {
      this.leftovers += left;
      if (left > 0) log.error('the session left resources behind', { left });
      if (error !== undefined) log.error('the session chart failed', { error });
    });
    this.actor.subscribe({
      next: () => this.channel.setState(this.state),
      error: () => this.channel.setState('ended'),
    });
    const output = await toPromise(this.actor).catch(() => undefined);
    this.endedAt = today().toISOString();
    if (this.#observed !== undefined) telemetry?.end(this.#observed, output?.reason ?? 'failed');
    await Promise.race([this.#endRun(writer, this.endedAt, log), setTimeout(LOG_END_TIMEOUT_MS, null, { ref: false })]);
  }

  async #endRun(writer: RunWriter, endedAt: string, log: Log): Promise<void> {
    try {
      await writer.end(endedAt);
    } catch (error) {
      log.warn('the end of the run is not in the session log', { error });
    }
  }
}

function sessionInput(config: Config) {
  return {
    timing: {
      publisherGraceMs: config.publisherGraceMs,
      audioEndTimeoutMs: AUDIO_END_TIMEOUT_MS,
      finalizeTimeoutMs: config.finalizeMs,
    },
    decoder: {
      timing: {
        startTimeoutMs: DECODER_START_TIMEOUT_MS,
        endTimeoutMs: DECODER_END_TIMEOUT_MS,
        terminateTimeoutMs: config.ffmpegStopMs,
        killTimeoutMs: KILL_TIMEOUT_MS,
      },
      restart: defaultRestartPolicy,
    },
    viewers: { closeTimeoutMs: VIEWERS_CLOSE_TIMEOUT_MS, terminateTimeoutMs: VIEWERS_TERMINATE_TIMEOUT_MS },
    drainClose: { code: closeCodes.serverRestarting, reason: 'server_restarting' },
  };
}
