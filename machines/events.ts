/**
 * Every machine event, by the actor that hears or tells it; those of language models are in `ai-events.ts`.
 *
 * Facts are in the past tense and come from actors; commands are in the imperative and go to actors. Audio, transcript
 * text and per-viewer traffic are never events: they flow through the plain objects of `actors/ports.ts`.
 */
import type { ErrorCode } from './errors.ts';

// ── a supervised child process (ffmpeg, the local engine) ───────────────────────────────────────────────────────────

/** What the process chart asks of the actor that owns the operating-system process. */
export type ProcessCommand =
  /** Close the child's input (stdin, or the engine's IPC "shut down" request), so that it flushes and leaves by itself. */
  | { type: 'process.end_input' }
  /** Send SIGTERM to the child. */
  | { type: 'process.terminate' }
  /** Send SIGKILL to the child's whole process group. */
  | { type: 'process.kill' };

/** What the actor that owns the operating-system process reports. */
export type ProcessFact =
  /** The operating system has started the program. */
  | { type: 'process.started'; pid: number }
  /** The program can do its work (ffmpeg: spawned; local engine: model loaded). */
  | { type: 'process.ready' }
  /** Work went in and nothing came out for longer than the actor's `stallMs`. Told once per run. */
  | { type: 'process.stalled' }
  /** It holds more memory than it may. Told once per run. */
  | { type: 'process.outgrown' }
  /** The process has been reaped and its pipes are closed. `atMs` is the actor's monotonic clock. */
  | { type: 'process.exited'; code: number | null; signal: string | null; atMs: number }
  /** The program could not be started at all (not found, not executable). Nothing to reap. */
  | { type: 'process.refused'; reason: string };

/** What a parent may ask of a process chart. */
export type ProcessRequest =
  /** Stop for good, by the ladder: end of input, SIGTERM, SIGKILL. */
  | { type: 'process.stop' }
  /** Let this run finish what it has and start another (the input's container changed); no crash is counted. */
  | { type: 'process.renew' };

/** How a supervised process ended for good. */
export interface ProcessOutput {
  outcome: 'exited' | 'failed' | 'abandoned';
  /** The rung of the stop ladder on which it left; `none` when it was not running. */
  rung: 'none' | 'ending' | 'terminating' | 'killing';
  code: number | null;
  signal: string | null;
  reason: string | null;
}

// ── the built-in engine ────────────────────────────────────────────────────────────────────────────────────────────

/** What the engine's process chart tells the engine chart. */
export type EngineFact =
  /** The engine takes audio (again). */
  | { type: 'engine.ready' }
  /** Its process died, hung or grew too large; a replacement is on its way. */
  | { type: 'engine.lost'; reason: string };

/** What the server may ask of the engine chart. */
export type EngineRequest =
  /** End the engine for good, by the ladder of its process. */
  { type: 'engine.stop' };

// ── a transcriber (local engine's session, cloud engine's session) ──────────────────────────────────────────────────

/** What the session chart asks of its transcriber. */
export type TranscriberCommand =
  /** No audio will follow: transcribe what is left, deliver the last finals, then say `transcriber.finished`. */
  { type: 'transcriber.finish' };

/** What a transcriber reports to the session chart. */
export type TranscriberFact =
  /** The engine takes this session's audio (again). */
  | { type: 'transcriber.ready' }
  /** The engine is away; audio is kept in the ledger and replayed when it is back. */
  | { type: 'transcriber.lost'; cause: string }
  /** After `transcriber.finish`: every final has been delivered and every sample is accounted for. */
  | { type: 'transcriber.finished' }
  /** The engine will never take this session's audio. */
  | { type: 'transcriber.failed'; code: ErrorCode; reason: string };

// ── a session at Gladia ─────────────────────────────────────────────────────────────────────────────────────────────

/** What the Gladia chart asks of the actor that owns its socket. */
export type GladiaSocketCommand =
  /** Say that no audio will follow; everything that is left is said, then Gladia closes. */
  | { type: 'gladia.stop_recording' }
  /** Start the close handshake. Code 1000 ends the session at Gladia, 4000 leaves it to be resumed. */
  | { type: 'gladia.close'; resumable: boolean }
  /** Destroy the socket. */
  | { type: 'gladia.terminate' };

/** What the actor that owns the socket reports. */
export type GladiaSocketFact =
  /** The WebSocket is open. */
  | { type: 'gladia.opened' }
  /** Audio can be sent: how much Gladia has of it is known. */
  | { type: 'gladia.ready' }
  /** Gladia's count of audio began again; its clock cannot be followed any more. */
  | { type: 'gladia.unusable' }
  /** The handshake was answered with this HTTP status. */
  | { type: 'gladia.refused'; status: number }
  /** The socket is closed. 1006 without a close frame (RFC 6455, section 7.4.1). */
  | { type: 'gladia.closed'; code: number }
  /** No pong, or no acknowledgement of audio, for too long. */
  | { type: 'gladia.stalled'; cause: string }
  /** No audio was there to be sent for a while. */
  | { type: 'gladia.idle' }
  /** No more sound may be sent to Gladia. */
  | { type: 'gladia.spent' }
  /** No audio will follow, and all of it has been sent. */
  | { type: 'gladia.drained' }
  /** Gladia has said everything. */
  | { type: 'gladia.ended' };

/** What the audio tells a Gladia chart that waits for it. */
export type GladiaAudioFact =
  /** There is audio that has not been said. */
  | { type: 'gladia.audio_waiting' }
  /** No audio will follow, and everything has been said. */
  | { type: 'gladia.audio_over' };

/** What a parent may ask of the Gladia chart. */
export type GladiaRequest =
  /** No audio will follow what is there: have it said, then end. */
  | { type: 'gladia.finish' }
  /** End without the rest. */
  | { type: 'gladia.give_up' };

/** Gladia's no to a request. `refused`: no repetition mends it; `busy`: it may succeed later. */
export interface GladiaRefusal {
  kind: 'refused' | 'busy';
  /** HTTP status; 0 when there was no answer. */
  status: number;
  /** A sentence without key and address. */
  reason: string;
  retryAfterMs?: number;
}

/** What the Gladia chart tells the chart that chooses between engines. */
export type CloudFact =
  /** Gladia takes audio (again). */
  | { type: 'cloud.ready' }
  /** A session is being asked for: there is audio to be said. */
  | { type: 'cloud.calling' }
  /** Gladia is away; it is being called again. */
  | { type: 'cloud.lost'; cause: string }
  /** Gladia will not have this session. */
  | { type: 'cloud.failed'; reason: string }
  /** Everything has been said and the socket is closed. */
  | { type: 'cloud.finished' };

/** What the choosing chart raises to its own regions. */
export type CloudDismissal =
  /** The built-in engine says the rest: Gladia's session is given up. */
  { type: 'cloud.dismiss' };

// ── the fan-out of a session to its viewers ─────────────────────────────────────────────────────────────────────────

/** What the viewers chart asks of the hub that owns the viewers' sockets. */
export type HubCommand =
  /** Start the close handshake with every viewer. Newcomers are refused from here on. */
  | { type: 'hub.close'; code: number; reason: string }
  /** Destroy every socket that is left. */
  | { type: 'hub.terminate' };

/** What the hub reports. */
export type HubFact =
  /** The last viewer's socket is closed (told at once when there is none). Only after `hub.close`. */
  { type: 'hub.emptied' };

/** What a parent may ask of the viewers chart. */
export type ViewersRequest =
  /** Close every viewer with this code and reason, then cut those that do not answer. */
  { type: 'viewers.end'; code: number; reason: string };

// ── the session ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Why a session ended; carried by `session_end`. */
export type EndReason =
  | 'publisher_ended'
  | 'publisher_timeout'
  | 'stopped'
  | 'server_draining'
  | 'server_lost'
  | 'decoder_failed'
  | 'transcriber_failed'
  | 'failed';

/** What the outside tells a session. */
export type SessionEvent =
  /** An authorised publisher sends this session's audio from now on (first one, return, or takeover). */
  | { type: 'publisher.attached' }
  /** The publisher's connection went away without saying goodbye; it may return within the grace time. */
  | { type: 'publisher.lost' }
  /** The publisher said it is done (FCUnpublish, deleteStream, closeStream). */
  | { type: 'publisher.ended' }
  /** The publisher is connected, and its audio comes (again). */
  | { type: 'audio.flowing' }
  /** The publisher is connected, and no audio has come for a moment; not told again before `audio.flowing`. */
  | { type: 'audio.paused' }
  /** The publisher's audio changed its container, so that ffmpeg needs other arguments. */
  | { type: 'audio.format_changed' }
  /** Stop in order: last words, ledger, `session_end`, then every child by its ladder. */
  | { type: 'session.stop'; reason: EndReason };

/** What charts tell the session chart about its children. */
export type DecoderFact =
  /** ffmpeg takes audio (again). */
  | { type: 'decoder.ready' }
  /** ffmpeg died or hung; a replacement is on its way. */
  | { type: 'decoder.lost'; reason: string };

/** What the session chart raises to its own regions. */
export type SessionSignal =
  /** The publisher is let go and ffmpeg's input ends. */
  | { type: 'audio.end' }
  /** The ledger is sealed: the transcriber shall deliver its last finals. */
  | { type: 'transcript.finish' }
  /** The time for last finals is over: the transcriber is dropped. */
  | { type: 'transcript.drop' }
  /** `session_end` is out: every viewer is closed. */
  | { type: 'audience.dismiss' };

// ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the outside tells the server chart. */
export type ServerEvent =
  /** Orderly shutdown (first SIGTERM or SIGINT, or `close()`). */
  | { type: 'server.drain' }
  /** Immediate shutdown (second signal). */
  | { type: 'server.force' }
  /** Every session has reached a final state. */
  | { type: 'sessions.closed' };
