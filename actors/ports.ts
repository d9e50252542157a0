/**
 * The data plane's seams: what audio, transcript and viewers look like between actors.
 *
 * These are plain objects and function calls, bounded and synchronous; nothing here is a machine event. Positions are
 * samples of 16 kHz mono PCM on the session's audio clock (sample 0 = the session's first sample) unless a name says
 * otherwise; times on the wire are integer milliseconds on the same clock.
 */

/** PCM format of everything behind ffmpeg: signed 16-bit little endian, mono. */
export const SAMPLE_RATE_HZ = 16_000;
export const BYTES_PER_SAMPLE = 2;

/** A line for the operator. Implemented by `runtime/log.ts`; values are redacted there. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

// ── audio from the publisher ────────────────────────────────────────────────────────────────────────────────────────

/** Codecs that the RTMP edge passes on, after unwrapping enhanced RTMP. */
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'pcm' | 'g711-alaw' | 'g711-ulaw' | 'speex';

/** One audio message of a publisher, already unwrapped from chunks, aggregates and enhanced RTMP. */
export interface AudioTag {
  codec: AudioCodec;
  /** RTMP timestamp in milliseconds, unwrapped beyond 2^32; its origin is the publisher's. */
  timestampMs: number;
  /** True for a decoder configuration (AAC AudioSpecificConfig, OpusHead), false for audio. */
  config: boolean;
  /**
   * Opus: the bare packet, or the OpusHead when `config`. Every other codec: a legacy FLV AUDIODATA body, first byte
   * SoundFormat (Adobe FLV specification 10.1, E.4.2.1), for AAC followed by the AACPacketType byte. Owned by the
   * receiver: never a view of a socket's buffer.
   */
  body: Buffer;
}

/** Who wants to publish. Strings come from the network and are not trusted beyond their length. */
export interface PublishRequest {
  /** RTMP application without its query and trailing slash, e.g. `live`. */
  app: string;
  /** Stream name without its query: the slug, if it is one. */
  name: string;
  /** `token` of the stream name's or the application's query, when there is one. */
  token: string | undefined;
  /** Both queries, the stream name's first, joined by `&`; a secret as a whole. */
  query: string;
  /** Peer's address. */
  remoteAddress: string;
}

/** Where an accepted publisher's audio goes. Calls never throw. */
export interface PublisherSink {
  audio(tag: AudioTag): void;
  /** Exactly once. `orderly` when the publisher said goodbye (FCUnpublish, deleteStream, closeStream). */
  closed(end: { orderly: boolean; reason: string }): void;
}

/** A live publisher's connection, for whoever accepted it. */
export interface PublisherConnection {
  readonly remoteAddress: string;
  /** Tell the publisher why (onStatus), then close. Idempotent. `sink.closed` follows. */
  disconnect(reason: string): void;
}

/** RTMP status codes of a refusal (Adobe RTMP specification 7.2.2.6). */
export type RefusalCode = 'NetStream.Publish.BadName' | 'NetStream.Publish.Denied' | 'NetStream.Failed';

/** The answer to a publish request. */
export type PublishDecision =
  { accepted: true; sink: PublisherSink } | { accepted: false; code: RefusalCode; description: string };

/** Decides on a publisher before `NetStream.Publish.Start` is sent; must have no side effect when it refuses. */
export type Authorise = (
  request: PublishRequest,
  connection: PublisherConnection,
) => PublishDecision | Promise<PublishDecision>;

// ── from ffmpeg to the transcriber ──────────────────────────────────────────────────────────────────────────────────

/** A run of PCM at a known place of the session's clock. */
export interface PcmChunk {
  startSample: number;
  /** s16le mono 16 kHz, an even number of bytes. */
  pcm: Buffer;
}

/** Why audio was not transcribed; `cause` of a `gap` message. */
export type GapCause =
  'publisher_lost' | 'audio_lost' | 'buffer_overflow' | 'decoder_lost' | 'transcriber_lost' | 'finalize_timeout';

/** What a transcriber reads: un-acknowledged PCM, by position. */
export interface ChunkSource {
  /** Everything before is transcribed or declared as a gap. */
  readonly ackedSample: number;
  /** One past the newest sample. */
  readonly headSample: number;
  /** True when no audio will follow `headSample`. */
  readonly ended: boolean;
  /**
   * The next chunk at or after `fromSample`: whole chunks of `PCM_CHUNK_SIZE_MS`, a shorter one only before a hole of
   * the clock or at the end. `startSample` > `fromSample` says that the samples between are a declared gap.
   */
  read(fromSample: number): PcmChunk | undefined;
  /** The engine will never need audio before `toSample` again: it is transcribed (silence included). */
  acknowledge(toSample: number): void;
  /** Declare [startSample, endSample) as not transcribed; acknowledges it too. */
  declareGap(startSample: number, endSample: number, cause: GapCause): void;
  /** Called after audio, holes or the end were added; at most one call per append. Returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
}

/** The account of a session's audio, in milliseconds; `receivedMs` = `transcribedMs` + `gapMs` + `unackedMs`. */
export interface LedgerTotals {
  receivedMs: number;
  transcribedMs: number;
  gapMs: number;
  unackedMs: number;
}

// ── from the transcriber to the transcript ──────────────────────────────────────────────────────────────────────────

/** One word with its place; `estimated` when the engine gave no times of its own. */
export interface Word {
  text: string;
  startMs: number;
  endMs: number;
  estimated?: boolean;
  confidence?: number;
}

/** What an engine says of one utterance. Key of identity: (engineSession, channel, utterance, language). */
export interface EngineUtterance {
  /** Names the engine's own session: its utterance ids restart with it. */
  engineSession: string;
  /** The engine's id of the utterance, the same for its partials and its final. */
  utterance: string;
  channel: number;
  language: string;
  text: string;
  startMs: number;
  endMs: number;
  words?: Word[];
  speaker?: string;
  confidence?: number;
}

/** Where a transcriber puts what it heard. */
export interface TranscriptSink {
  /** Newest wins; never stored. */
  partial(utterance: EngineUtterance): void;
  /** Stored, numbered and never changed. Without text it withdraws what partials have shown. */
  final(utterance: EngineUtterance): void;
}

// ── a session as the outside sees it ────────────────────────────────────────────────────────────────────────────────

/** `session_state` on the wire. */
export type SessionState = 'awaiting' | 'live' | 'publisher_lost' | 'transcriber_lost' | 'ended';
