/**
 * One session, assembled: its charts with their real actors, and the data plane that they supervise.
 *
 * publisher → intake (feed, clock, chunker, ledger) → transcriber → channel (transcript, log, hub) → viewers
 */
import { setTimeout } from 'node:timers/promises';
import { createActor, toPromise } from 'xstate';
import type { ActorRefFrom } from 'xstate';
import { leaseDesk } from '../actors/ai/desk-actor.ts';
import { audioWatch } from '../actors/audio-watch.ts';
import { AudioIntake } from '../actors/audio/intake.ts';
import { bindInput } from '../actors/bind-input.ts';
import { ffmpegProcess } from '../actors/ffmpeg.ts';
import { GladiaApiError } from '../actors/gladia-api.ts';
import type { RunWriter } from '../actors/log/port.ts';
import type { Log, LedgerTotals, PublisherConnection, PublisherSink } from '../actors/ports.ts';
import { ResourceList } from '../actors/resources.ts';
import { SessionChannel } from '../actors/viewers/channel.ts';
import { viewerHub } from '../actors/viewers/hub-actor.ts';
import { aiLeaseMachine } from '../machines/ai-lease.ts';
import type { EndReason } from '../machines/events.ts';
import { audioState, isAccepting, sessionState } from '../machines/session-state.ts';
import { decoderMachine } from '../machines/session-setup.ts';
import { sessionMachine } from '../machines/session.ts';
import { viewersMachine } from '../machines/viewers.ts';
import type { LiveSessionOptions } from './live-session-options.ts';
import { fillSlots } from './fill-slots.ts';
import { sessionInsights } from './insights.ts';
import { sayLastWords } from './last-words.ts';
import { PublisherSlot } from './publisher-slot.ts';
import { superviseRoot } from './reaper.ts';
import { AUDIO_SILENCE_MS, DECODER_STALL_MS, LOG_END_TIMEOUT_MS, sessionInput } from './session-timing.ts';
import { SessionScope } from './session-scope.ts';
import type { SessionSample } from './telemetry/session-meter.ts';
import type { SessionTelemetry } from './telemetry/session-telemetry.ts';

export class LiveSession {
  readonly slug: string;
  readonly epoch: number;
  readonly startedAt: string;
  readonly transcriber: string;
  /** Is nothing of it kept? */
  readonly isUnlogged: boolean;
  readonly channel: SessionChannel;
  readonly intake: AudioIntake;
  readonly resources: ResourceList;
  readonly actor: ActorRefFrom<typeof sessionMachine>;
  /** Resolves when the chart has ended and everything is given back; never rejects. */
  readonly closed: Promise<void>;
  /** Resources that actors left behind; must stay 0. */
  leftovers = 0;
  endedAt: string | undefined;

  readonly #scope: SessionScope;
  readonly #publisher: PublisherSlot;
  readonly #observed: SessionTelemetry | undefined;

  /** Begins a session. What its actors begin later belongs to it, and what they fail to catch ends it. */
  static start(options: LiveSessionOptions): LiveSession {
    const scope = new SessionScope();
    return scope.own(() => new LiveSession(options, scope));
  }

  private constructor(options: LiveSessionOptions, scope: SessionScope) {
    const { writer, sessionLog, config, clock } = options;
    const { nowMs } = clock;
    const { slug, epoch, startedAt, transcriber } = writer.run;
    this.#scope = scope;
    this.slug = slug;
    this.epoch = epoch;
    this.startedAt = startedAt;
    this.transcriber = transcriber;
    this.resources = new ResourceList(options.childMark);
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
    this.#publisher = this.#slot(nowMs);
    this.actor = createActor(this.#machine(options), {
      clock,
      input: sessionInput(config, options.insights?.input),
      ...(this.#observed && { inspect: this.#observed.inspect }),
    });
    this.closed = this.#supervise(options);
    scope.onFault = (error) => this.#failed(error, options.log);
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

  /** Does the publisher's audio come? */
  get audio(): ReturnType<typeof audioState> {
    return audioState(this.actor.getSnapshot());
  }

  ledger(): LedgerTotals {
    return this.intake.totals();
  }

  /** Makes `connection` this session's publisher; an earlier one is cut. */
  attach(connection: PublisherConnection, credential: string | undefined): PublisherSink {
    return this.#scope.own(() => this.#publisher.attach(connection, credential));
  }

  /** Ends the session in order. Idempotent; resolves with `closed`. */
  stop(reason: EndReason): Promise<void> {
    this.#scope.call(() => this.actor.send({ type: 'session.stop', reason }));
    return this.closed;
  }

  /** Cuts everything at once; for the server's last resort. */
  force(): void {
    this.actor.stop();
    this.leftovers += this.resources.releaseAll();
  }

  #slot(nowMs: () => number): PublisherSlot {
    const { call } = this.#scope;
    return new PublisherSlot({
      nowMs,
      intake: {
        audio: (tag, atMs) => call(() => this.intake.audio(tag, atMs, performance.now())),
        publisherChanged: () => this.intake.publisherChanged(),
      },
      onAttached: () => call(() => this.actor.send({ type: 'publisher.attached' })),
      onLost: () => call(() => this.actor.send({ type: 'publisher.lost' })),
      onEnded: () => call(() => this.actor.send({ type: 'publisher.ended' })),
    });
  }

  #machine(options: LiveSessionOptions): typeof sessionMachine {
    const { ffmpegPath, transcriber, insights, config, log, clock } = options;
    const { nowMs } = clock;
    const { channel, intake, resources } = this;
    const ffmpeg = bindInput(ffmpegProcess, {
      command: ffmpegPath,
      intake,
      resources,
      log,
      nowMs,
      stallMs: DECODER_STALL_MS,
    });
    return fillSlots(sessionMachine, {
      actors: {
        audio: bindInput(audioWatch, { intake, nowMs }),
        decoder: fillSlots(decoderMachine, { actors: { child: ffmpeg } }),
        transcriber: transcriber({ intake, channel, resources, log }),
        viewers: fillSlots(viewersMachine, { actors: { hub: bindInput(viewerHub, { channel }) } }),
        aiLease: fillSlots(aiLeaseMachine, { actors: { desk: bindInput(leaseDesk, channel) } }),
        ...(insights && {
          insights: sessionInsights(insights, { channel, resources, log, nowMs, leaseMs: config.aiLeaseMs }),
        }),
      },
      actions: {
        reportSilence: () =>
          log.warn(`the publisher is connected and has sent no audio for ${AUDIO_SILENCE_MS / 1_000} s`),
        reportSilenceOver: (_, { isAudioBack }) =>
          log.info(isAudioBack ? 'the publisher sends audio again' : 'the publisher that sent no audio is gone'),
        disconnectPublisher: () => this.#publisher.disconnect('The session has ended.'),
        sealAudio: () => intake.drained(),
        settleLedger: () => intake.settle('finalize_timeout'),
        announceEnd: (_, { reason }) => channel.end(reason, intake.totals()),
      },
    });
  }

  #sample(): SessionSample {
    const { hub, heartbeat, duplicates, desk } = this.channel;
    const { timeouts: heartbeatTimeouts } = heartbeat;
    const { handovers, delivered: insights } = desk;
    const known = { clients: hub.size, heartbeatTimeouts, duplicates, handovers, insights, ledger: this.ledger() };
    return { ...hub.counts, ...known, isSilent: this.audio === 'silent' };
  }

  async #supervise({ log, today, writer, telemetry }: LiveSessionOptions): Promise<void> {
    this.actor.subscribe({ error: () => sayLastWords(this, log) });
    const ended = (left: number, error?: unknown): void => {
      this.leftovers += left;
      if (left > 0) log.error('the session left resources behind', { left });
      if (error !== undefined) log.error('the session chart failed', { error });
    };
    superviseRoot(this.actor, this.resources, ended, (error) => {
      // What Gladia refuses is said where it is asked, and is for the chart to decide about.
      if (!(error instanceof GladiaApiError)) log.error('an actor has failed', { error });
    });
    this.actor.subscribe({
      next: () => this.channel.setState(this.state),
      error: () => this.channel.setState('ended'),
    });
    const output = await toPromise(this.actor).catch(() => undefined);
    this.endedAt = today().toISOString();
    if (this.#observed !== undefined) telemetry?.end(this.#observed, output?.reason ?? 'failed');
    await Promise.race([this.#endRun(writer, this.endedAt, log), setTimeout(LOG_END_TIMEOUT_MS, null, { ref: false })]);
    this.#scope.onFault = lateFault(log);
  }

  /** Something of the session threw where nobody catches: it ends in order, as far as it still can. */
  #failed(error: unknown, log: Log): void {
    log.error('something of the session has failed: it is ended', { error });
    void this.stop('failed');
  }

  async #endRun(writer: RunWriter, endedAt: string, log: Log): Promise<void> {
    try {
      await writer.end(endedAt);
    } catch (error) {
      log.warn('the end of the run is not in the session log', { error });
    }
  }
}

/** What was begun for a session and outlives it (the time that its series are kept) holds its scope, and so not all of it. */
function lateFault(log: Log): (error: unknown) => void {
  return (error) => log.error('something of a session that is over has failed', { error });
}
