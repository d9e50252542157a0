/**
 * A session as its viewers know it: the transcript with its log, the state, the end; and whoever is attached.
 */
import type { WebSocket } from 'ws';
import type { EndReason } from '../../machines/events.ts';
import { MemoryLog } from '../log/memory.ts';
import type { TranscriptLog } from '../log/port.ts';
import type { EngineUtterance, GapCause, LedgerTotals, Log, SessionState, TranscriptSink } from '../ports.ts';
import { Transcript } from '../transcript.ts';
import { closes } from '../wire/close-codes.ts';
import type { Cursor } from '../wire/cursor.ts';
import { Encoded } from '../wire/encoded.ts';
import type { ProtocolVersion } from '../wire/encoded.ts';
import type { RecordMessage, ServerMessage, SessionMessage } from '../wire/messages.ts';
import { Heartbeat } from './heartbeat.ts';
import { STATE, ViewerHub } from './hub.ts';
import { FAULTS_MAX, answer } from './viewer-messages.ts';
import type { Viewer } from './viewer.ts';

/** Options of the same names in the option table. */
export interface ChannelLimits {
  viewerQueueMax: number;
  viewerQueueMaxBytes: number;
  dedupWindow: number;
  heartbeatIntervalMs: number;
  heartbeatMaxMissed: number;
}

export interface ChannelOptions {
  slug: string;
  epoch: number;
  /** ISO 8601 UTC. */
  startedAt: string;
  /** Name of the engine. */
  transcriber: string;
  limits: ChannelLimits;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  log: Log;
  /** A pass over the viewers is through; `lagMs` after its oldest message came in. */
  onDelivered?: (lagMs: number) => void;
  /** A partial or final came from the engine and was news. */
  onTranscript?: (kind: 'partial' | 'final', endMs: number) => void;
}

/** What a viewer asked for. */
export interface AttachRequest {
  version: ProtocolVersion;
  after: Cursor | undefined;
  /** False: finals only. */
  partials: boolean;
  /** Transcripts of this language alone. */
  language?: string | undefined;
}

export class SessionChannel {
  readonly #options: ChannelOptions;
  readonly #transcript: Transcript;
  readonly #log: TranscriptLog = new MemoryLog();
  readonly heartbeat: Heartbeat;
  readonly hub: ViewerHub;
  #state: SessionState = 'awaiting';
  #isEnded = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    const { limits, nowMs, log, onDelivered } = options;
    this.#transcript = new Transcript(limits.dedupWindow);
    this.hub = new ViewerHub({
      log: this.#log,
      limits: { queueMax: limits.viewerQueueMax, queueMaxBytes: limits.viewerQueueMaxBytes },
      nowMs,
      lines: log,
      ...(onDelivered && { onDelivered }),
    });
    this.heartbeat = new Heartbeat({
      intervalMs: limits.heartbeatIntervalMs,
      maxMissed: limits.heartbeatMaxMissed,
      nowMs,
      random: Math.random,
      lines: log,
    });
  }

  /** Where the transcriber puts what it heard. */
  readonly sink: TranscriptSink = {
    partial: (heard) => this.#partial(heard),
    final: (heard) => this.#final(heard),
  };

  /** Finals that came again and were dropped. */
  get duplicates(): number {
    return this.#transcript.duplicates;
  }

  /** Newest offset of the run. */
  get offset(): number {
    return this.#log.lastOffset;
  }

  gap(startMs: number, endMs: number, cause: GapCause): void {
    if (!this.#isEnded) this.#record(this.#transcript.gap(startMs, endMs, cause));
  }

  /** Tells viewers when it is another state than before. */
  setState(state: SessionState): void {
    if (state === this.#state || this.#isEnded) return;
    this.#state = state;
    this.hub.moment(STATE, this.#encode({ type: 'session_state', state }));
  }

  /** Writes `session_end`; nothing is taken afterwards. Idempotent. */
  end(reason: EndReason, totals: LedgerTotals): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#state = 'ended';
    this.#record(this.#transcript.end(reason, totals));
  }

  /** Makes an open socket a viewer: `session` first, then what it lacks by its cursor, then what comes. */
  attach(socket: WebSocket, { version, after, partials, language }: AttachRequest): void {
    const start = this.#start(after);
    const { offset, ...resumption } = start;
    const hello = this.#encode(this.#hello(resumption));
    const view = { version, partials, language, offset };
    if (this.#isEnded) return this.hub.replay(socket, view, hello);
    const viewer = this.hub.attach(socket, view, hello);
    if (viewer === undefined) return;
    this.heartbeat.attached(viewer);
    socket.on('message', (data, isBinary) => this.#heard(viewer, isBinary ? '' : (data as Buffer).toString()));
  }

  #partial(heard: EngineUtterance): void {
    if (this.#isEnded) return;
    const message = this.#transcript.partial(heard);
    if (message === undefined) return;
    this.hub.moment(`${message.utteranceId} ${message.language}`, this.#encode(message));
    this.#options.onTranscript?.('partial', message.endMs);
  }

  #final(heard: EngineUtterance): void {
    if (this.#isEnded) return;
    if (heard.text.trim() === '') return this.#partial(heard);
    const message = this.#transcript.final(heard);
    if (message === undefined) return;
    this.hub.settled(`${message.utteranceId} ${message.language}`);
    this.#record(message);
    this.#options.onTranscript?.('final', message.endMs);
  }

  #record(message: RecordMessage): void {
    this.#log.append(this.#encode(message));
    this.hub.recorded();
  }

  #encode(message: ServerMessage): Encoded {
    return new Encoded(message, this.#options.slug);
  }

  /** Where a viewer starts, and whether that is where it asked to. */
  #start(after: Cursor | undefined): { offset: number; resumed: boolean; firstOffset?: number } {
    const { firstOffset, lastOffset } = this.#log;
    if (after === undefined) return { offset: lastOffset, resumed: false };
    const asked = after === 'start' ? 0 : after.offset;
    const isOfThisRun = after === 'start' || after.epoch === this.#options.epoch;
    if (isOfThisRun && asked >= firstOffset - 1 && asked <= lastOffset) return { offset: asked, resumed: true };
    return { offset: firstOffset - 1, resumed: false, firstOffset };
  }

  #hello(resumption: Pick<SessionMessage, 'resumed' | 'firstOffset'>): SessionMessage {
    const { slug, epoch, startedAt, transcriber } = this.#options;
    const { lastOffset: offset } = this.#log;
    return { type: 'session', slug, epoch, offset, state: this.#state, startedAt, transcriber, ...resumption };
  }

  #heard(viewer: Viewer, text: string): void {
    if (viewer.view.version === 'v1') return;
    // Answers wait for a viewer that asks and does not read; there is a bound to them too.
    if (viewer.socket.bufferedAmount > this.#options.limits.viewerQueueMaxBytes) return viewer.close(closes.tooSlow);
    const { reply, isFault } = answer(text);
    viewer.send(this.#encode(reply));
    if (!isFault) return;
    viewer.faults += 1;
    if (viewer.faults >= FAULTS_MAX) viewer.close(closes.protocolError);
  }
}
