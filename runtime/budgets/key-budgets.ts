/**
 * What one key may publish: sessions at a time, minutes a day. A key is the token that a publisher comes with; who comes
 * without one (which is possible on loopback alone) has none, and only `MAX_SESSIONS` bounds it.
 */
import { createHash } from 'node:crypto';
import type { OnLimit } from '../../actors/limit-names.ts';
import type { ErrorCode } from '../../machines/errors.ts';
import type { Config } from '../config.ts';
import { DayUse } from './day-use.ts';

const MINUTE_MS = 60_000;
/** Keys that are remembered; those that were not used for longest are forgotten when there are more. */
const KEYS_MAX = 10_000;
/** Between two messages of one publisher, time beyond this counts no more: it was away. */
const SILENCE_MAX_MS = 10_000;

export interface KeyBudgetsOptions {
  /** `KEY_SESSIONS_MAX`. */
  sessionsMax: number;
  /** `KEY_MINUTES_PER_DAY`. */
  minutesPerDay: number;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  onLimit: OnLimit;
}

interface Key {
  /** Publishes of each stream name. */
  publishing: Map<string, number>;
  use: DayUse;
}

/** One publish of a key. */
export interface KeyUse {
  /** The publisher has sent something. False: its key has used up its minutes. */
  goesOn(): boolean;
  /** Idempotent. */
  end(): void;
}

/** Those of the options, on the monotonic clock. */
export function keyBudgets(config: Config, onLimit: OnLimit): KeyBudgets {
  const { keySessionsMax: sessionsMax, keyMinutesPerDay: minutesPerDay } = config;
  return new KeyBudgets({ sessionsMax, minutesPerDay, nowMs: () => performance.now(), onLimit });
}

const unbounded: KeyUse = { goesOn: () => true, end: () => {} };

export class KeyBudgets {
  readonly #options: KeyBudgetsOptions;
  /** By the hash of the token, last used last. */
  readonly #keys = new Map<string, Key>();

  constructor(options: KeyBudgetsOptions) {
    this.#options = options;
  }

  /** Begins to publish `slug`, which may be refused. */
  begin(token: string | undefined, slug: string): KeyUse | { refusal: ErrorCode } {
    if (token === undefined) return unbounded;
    const { hash, key } = this.#keyOf(token);
    const { sessionsMax, onLimit } = this.#options;
    if (!key.publishing.has(slug) && key.publishing.size >= sessionsMax) {
      onLimit('key_sessions');
      return { refusal: 'key_sessions_taken' };
    }
    if (this.#isSpent(key)) {
      onLimit('key_minutes');
      return { refusal: 'key_minutes_spent' };
    }
    return this.#use(hash, key, slug);
  }

  #use(hash: string, key: Key, slug: string): KeyUse {
    const { nowMs, onLimit } = this.#options;
    key.publishing.set(slug, (key.publishing.get(slug) ?? 0) + 1);
    let sinceMs = nowMs();
    let isOver = false;
    return {
      goesOn: () => {
        const passedMs = nowMs() - sinceMs;
        sinceMs += passedMs;
        key.use.add(Math.min(passedMs, SILENCE_MAX_MS));
        if (!this.#isSpent(key)) return true;
        onLimit('key_minutes');
        return false;
      },
      end: () => {
        if (isOver) return;
        isOver = true;
        const left = (key.publishing.get(slug) ?? 1) - 1;
        if (left > 0) key.publishing.set(slug, left);
        else key.publishing.delete(slug);
        // Wrong tokens are no keys: whoever tries thousands makes nobody's use forgotten.
        if (key.publishing.size === 0 && key.use.usedMs === 0) this.#keys.delete(hash);
      },
    };
  }

  #isSpent({ use }: Key): boolean {
    return use.usedMs >= this.#options.minutesPerDay * MINUTE_MS;
  }

  #keyOf(token: string): { hash: string; key: Key } {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = this.#keys.get(hash);
    const key = known ?? { publishing: new Map<string, number>(), use: new DayUse(this.#options.nowMs) };
    this.#keys.delete(hash);
    this.#keys.set(hash, key);
    if (known === undefined && this.#keys.size > KEYS_MAX) this.#forgetOne();
    return { hash, key };
  }

  #forgetOne(): void {
    for (const [hash, { publishing }] of this.#keys) {
      if (publishing.size > 0) continue;
      this.#keys.delete(hash);
      return;
    }
  }
}
