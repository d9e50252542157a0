/**
 * A session as its viewers know it: the transcript with its log, the state, the end; and whoever is attached.
 */
import type { EndReason } from '../../machines/events.ts';
import { LeaseDesk } from '../ai/desk.ts';
import type { OnLimit } from '../limit-names.ts';
import type { RunWriter, SessionLog } from '../log/port.ts';
import type { EngineUtterance, GapCause, LedgerTotals, Log, SessionState, TranscriptSink } from '../ports.ts';
import { Transcript } from '../transcript.ts';
import type { Cursor } from '../wire/cursor.ts';
import { Encoded } from '../wire/encoded.ts';
import type { RecordMessage, ServerMessage, SessionMessage, StateOfSession } from '../wire/messages.ts';
import { Conversation } from './conversation.ts';
import { Heartbeat } from './heartbeat.ts';
import { STATE, ViewerHub } from './hub.ts';
import type { ViewerLine } from './line.ts';
import { LiveRecords } from './records.ts';
import { replay } from './replay.ts';
import type { ViewerView } from './session-view.ts';

/** Options of the same names in the option table. */
export interface ChannelLimits {
  viewerQueueMax: number;
  viewerQueueMaxBytes: number;
  dedupWindow: number;
  heartbeatIntervalMs: number;
  heartbeatMaxMissed: number;
  aiMode: 'off' | 'client' | 'server';
  aiLeaseMs: number;
}

export interface ChannelOptions {
  /** Of the run, which says what it is; its records go there. */
  writer: RunWriter;
  /** Where they are read again. */
  sessionLog: Pick<SessionLog, 'read' | 'lease' | 'health' | 'onHealth'>;
  limits: ChannelLimits;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  log: Log;
  /** A pass over the viewers is through; `lagMs` after its oldest message came in. */
  onDelivered?: (lagMs: number) => void;
  /** A partial or final came from the engine and was news. */
  onTranscript?: (kind: 'partial' | 'final', endMs: number) => void;
  /** A viewer has sent more than it may. */
  onLimit?: OnLimit;
}

/** What a viewer asked for in its address. */
export interface ViewerQuery {
  after: Cursor | undefined;
  /** False: finals only. */
  partials: boolean;
  /** Transcripts of this language alone. */
  language?: string | undefined;
}

/** What a viewer asked for, and what it may do. */
export interface AttachRequest extends ViewerQuery {
  /** What its token allows of this session; `ai`: to call the language model. */
  scopes: ReadonlySet<string>;
}

export class SessionChannel {
  readonly #options: ChannelOptions;
  readonly #transcript: Transcript;
  readonly #records: LiveRecords;
  readonly heartbeat: Heartbeat;
  readonly hub: ViewerHub;
  /** Who may call the language model. */
  readonly desk: LeaseDesk;
  #state: StateOfSession;
  #isEnded = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    const { limits, nowMs, log, onDelivered, writer, sessionLog } = options;
    this.#transcript = new Transcript(limits.dedupWindow);
    const isLogged = writer.isUnlogged !== true;
    this.#state = { state: 'awaiting', ...durability(isLogged && sessionLog.health.ok) };
    this.#records = new LiveRecords({
      writer,
      log: sessionLog,
      lines: log,
      onShown: () => this.hub.recorded(),
      onDurability: (isDurable) => this.#setState({ state: this.#state.state, ...durability(isLogged && isDurable) }),
    });
    this.desk = this.#newDesk();
    const conversation = new Conversation({
      desk: this.desk,
      encode: (message) => this.#encode(message),
      nowMs,
      waitingMaxBytes: limits.viewerQueueMaxBytes,
      ...(options.onLimit && { onLimit: options.onLimit }),
    });
    this.hub = new ViewerHub({
      records: this.#records,
      limits: { queueMax: limits.viewerQueueMax, queueMaxBytes: limits.viewerQueueMaxBytes },
      nowMs,
      lines: log,
      onHeard: (viewer, text) => conversation.heard(viewer, text),
      onExcess: (viewer, limit, excess) => conversation.exceeded(viewer, limit, excess),
      ...(onDelivered && { onDelivered }),
    });
    this.heartbeat = new Heartbeat({
      intervalMs: limits.heartbeatIntervalMs,
      maxMissed: limits.heartbeatMaxMissed,
      nowMs,
      random: Math.random,
      lines: log,
      onStuck: (viewer) => this.hub.tooSlow(viewer),
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

  /** Everything that was recorded so far and may be shown. */
  get records(): LiveRecords {
    return this.#records;
  }

  /** Offset of the newest record, shown or not. */
  get recordedOffset(): number {
    return this.#transcript.offset;
  }

  /** Newest offset of the run that is shown. */
  get offset(): number {
    return this.#records.lastOffset;
  }

  gap(startMs: number, endMs: number, cause: GapCause): void {
    if (!this.#isEnded) this.#record(this.#transcript.gap(startMs, endMs, cause));
  }

  /** Tells viewers when it is another state than before. */
  setState(state: SessionState): void {
    if (state !== this.#state.state) this.#setState({ ...this.#state, state });
  }

  /** Writes `session_end`; nothing is taken afterwards. Idempotent. */
  end(reason: EndReason, totals: LedgerTotals): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#state = { ...this.#state, state: 'ended' };
    this.#record(this.#transcript.end(reason, totals));
    this.#records.close();
  }

  /** Makes an open line a viewer: `session` first, then what it lacks by its cursor, then what comes. */
  attach(line: ViewerLine, { after, partials, language, scopes }: AttachRequest): void {
    const { offset, ...resumption } = startOf(after, this.#options.writer.run.epoch, this.offset);
    const hello = this.#hello(resumption);
    const view = { partials, language, offset, ...mayCall(scopes) };
    const { nowMs, writer } = this.#options;
    if (this.#isEnded) return replay(line, { run: writer.run, records: this.#records, hello, view, nowMs });
    const viewer = this.hub.attach(line, view, this.#encode(hello));
    if (viewer !== undefined) this.heartbeat.attached(viewer);
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

  #setState(state: StateOfSession): void {
    if (this.#isEnded) return;
    this.#state = state;
    this.hub.moment(STATE, this.#encode({ type: 'session_state', ...state }));
  }

  #record(message: RecordMessage): void {
    this.#records.append(message);
  }

  #encode(message: ServerMessage): Encoded {
    return new Encoded(message, this.#options.writer.run);
  }

  #hello(resumption: Pick<SessionMessage, 'resumed' | 'firstOffset'>): SessionMessage {
    const { slug, epoch, startedAt, transcriber } = this.#options.writer.run;
    return { type: 'session', slug, epoch, offset: this.offset, ...this.#state, startedAt, transcriber, ...resumption };
  }

  #newDesk(): LeaseDesk {
    const { limits, writer, sessionLog, nowMs, log } = this.#options;
    return new LeaseDesk({
      mode: limits.aiMode,
      key: `ai.${writer.run.slug}`,
      leaseMs: limits.aiLeaseMs,
      log: sessionLog,
      nowMs,
      lines: log,
      newestOffset: () => this.offset,
      record: (insight) => {
        if (!this.#isEnded) this.#record(this.#transcript.insight(insight));
        return !this.#isEnded;
      },
    });
  }
}

/** Is the AI lease for a viewer of these scopes? */
function mayCall(scopes: ReadonlySet<string>): Pick<ViewerView, 'ai'> {
  return scopes.has('ai') ? {} : { ai: false };
}

function durability(isDurable: boolean): Pick<StateOfSession, 'durable'> {
  return isDurable ? {} : { durable: false };
}

/** Where a viewer of a run starts, and whether that is where it asked to. */
export function startOf(
  after: Cursor | undefined,
  epoch: number,
  lastOffset: number,
): { offset: number; resumed: boolean; firstOffset?: number } {
  if (after === undefined) return { offset: lastOffset, resumed: false };
  if (after === 'start') return { offset: 0, resumed: true };
  if (after.epoch === epoch && after.offset <= lastOffset) return { offset: after.offset, resumed: true };
  return { offset: 0, resumed: false, firstOffset: 1 };
}
