/** The disk of the session log, when it is slow or takes nothing more. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { LOG_FILE } from '../../actors/log/sqlite-store.ts';
import type { ServerProgram } from './server-program.ts';

/** A file of this size cannot grow; the write-ahead log is never smaller after its first record. */
const NO_MORE_BYTES = 4_096;
const WAIT_MS = 20;
/** When the log is not sound after this, it never will be. */
const SOUND_MS = 20_000;
/** Longest rest of the log between two tries, and one try. */
const LOG_REST_MS = 7_000;

/**
 * Faults of the disk and beginnings of runs exclude each other: a run that begins while the log takes nothing is by
 * promise not kept, and there would be nothing to compare with.
 */
export class Disk {
  readonly #server: ServerProgram;
  /** Is everything that viewers are told durable? */
  readonly #isSound: () => boolean;
  #beginning = 0;
  #isHeld = false;

  constructor(server: ServerProgram, isSound: () => boolean) {
    this.#server = server;
    this.#isSound = isSound;
  }

  /** Waits until it is sound and keeps it so until the returned function is called. */
  async enter(): Promise<() => void> {
    while (this.#isHeld) await pause(WAIT_MS);
    this.#beginning += 1;
    return () => void (this.#beginning -= 1);
  }

  /** Does something that no run may begin during. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#isHeld) await pause(WAIT_MS);
    this.#isHeld = true;
    try {
      while (this.#beginning > 0) await pause(WAIT_MS);
      return await work();
    } finally {
      this.#isHeld = false;
    }
  }

  /** Another process has the file: nothing is written meanwhile. How long the log took to be sound again. */
  lockFor(durationMs: number): Promise<number> {
    return this.#hold(async () => {
      const other = new DatabaseSync(join(this.#server.dataDir, LOG_FILE), { timeout: 2_000 });
      try {
        other.exec('BEGIN IMMEDIATE');
        await pause(durationMs);
        other.exec('COMMIT');
      } finally {
        other.close();
      }
    });
  }

  /** Every write that would make a file longer fails. How long the log took to be sound again. */
  fullFor(durationMs: number): Promise<number> {
    return this.#hold(async () => {
      await this.#server.limitFiles(NO_MORE_BYTES);
      await pause(durationMs);
      await this.#server.limitFiles(undefined);
    });
  }

  #hold(work: () => Promise<void>): Promise<number> {
    return this.alone(async () => {
      await work();
      const startMs = performance.now();
      while (!this.#isSound() && performance.now() - startMs < SOUND_MS) await pause(WAIT_MS);
      const tookMs = performance.now() - startMs;
      // Where nobody is told how it is, the log may still rest before its next try.
      await pause(LOG_REST_MS);
      return tookMs;
    });
  }
}
