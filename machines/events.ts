/**
 * Every machine event, by the actor that hears or tells it.
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
