/** How a session ends: by a stop, or because nobody came, nothing was said, or it grew too old. */
import type { Faults } from './faults.ts';
import type { Note } from './journal.ts';
import type { SimulatorOptions } from './options.ts';
import { transcriptionOf } from './result.ts';
import type { SimulatedSession } from './session.ts';

/** From the last message to the close. */
const CLOSE_DELAY_MS = 20;

export class Lifetime {
  readonly #session: SimulatedSession;
  readonly #options: SimulatorOptions;
  readonly #faults: Faults;
  readonly #note: Note;
  readonly #timers = new Set<NodeJS.Timeout>();
  #detached: NodeJS.Timeout | undefined;

  constructor(session: SimulatedSession, options: SimulatorOptions, faults: Faults, note: Note) {
    this.#session = session;
    this.#options = options;
    this.#faults = faults;
    this.#note = note;
    this.#after(options.sessionLimitMs, () => this.#expire(options.limitCode));
    this.detach();
  }

  attach(): void {
    clearTimeout(this.#detached);
  }

  /** Nobody is connected any more. */
  detach(): void {
    clearTimeout(this.#detached);
    if (this.#session.state === 'running') this.#detached = this.#after(this.#options.detachedMs, () => this.#expire());
  }

  /** The stop has been acknowledged, or the client closed with 1000: the rest is processed, whoever listens. */
  stop(): void {
    const { stop } = this.#faults;
    clearTimeout(this.#detached);
    this.#session.state = 'stopped';
    this.#session.isStopAsked = true;
    const { endDelayMs, slowEndMs } = this.#options;
    const usualMs = stop === 'close_before_finals' ? 0 : endDelayMs;
    this.#after(stop === 'slow' ? slowEndMs : usualMs, () => this.#end());
  }

  /** Nothing was received for too long. */
  idle(): void {
    this.#expire(4408);
  }

  /** The connection is gone: ended by the server, left by the client for good, or lost. */
  left(code: number, isByClient: boolean): void {
    const session = this.#session;
    if (this.#faults.neverFinalize) session.forget();
    if (session.state !== 'running') return;
    if (isByClient && code === 1000) {
      if (!session.isStopAsked) this.#note('violation', { what: 'a close without stop_recording' });
      this.stop();
    } else if (!isByClient && isFinal(code)) this.#expire();
    else this.detach();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(): void {
    const session = this.#session;
    const { stop, deafAfterEnd } = this.#faults;
    if (session.state === 'ended') return;
    session.isUnheard = stop === 'close_before_finals';
    session.flush();
    session.end();
    this.#note('ended');
    if (stop === 'finals_no_close') return;
    if ((stop === 'normal' || stop === 'slow') && this.#sayEnd()) return;
    if (deafAfterEnd) return session.listener?.drop('black_hole');
    this.#after(CLOSE_DELAY_MS, () => session.listener?.close(1000));
  }

  /** True when the connection went away meanwhile. */
  #sayEnd(): boolean {
    const session = this.#session;
    const transcription = transcriptionOf(session);
    const recording_duration = session.bytes / 32_000;
    session.say({ type: 'end_recording', data: { recording_duration } });
    session.say({ type: 'post_transcript', data: transcription });
    if (session.config.isSummarized) {
      session.say({ type: 'post_summarization', error: null, data: { results: transcription.full_transcript } });
    }
    const isCut = session.listener?.dropAt('before_close') === true;
    const audio = { audio_duration: recording_duration, number_of_distinct_channels: 1 };
    const metadata = { ...audio, billing_time: recording_duration, transcription_time: recording_duration };
    session.say({ type: 'post_final_transcript', data: { metadata, transcription } });
    const isCutLate = session.listener?.dropAt('after_post_final') === true;
    session.say({ type: 'end_session' });
    return isCut || isCutLate;
  }

  /** Ends without having been asked to; without a code nobody is there to be told. */
  #expire(code?: number): void {
    if (this.#session.state !== 'running') return;
    this.#session.flush();
    this.#session.end();
    this.#note('expired', { code });
    if (code !== undefined) this.#session.listener?.close(code);
  }

  #after(delayMs: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
    return timer;
  }
}

/** Codes of the server behind which there is no session any more. */
function isFinal(code: number): boolean {
  return code === 1000 || (code >= 4400 && code <= 4499);
}
