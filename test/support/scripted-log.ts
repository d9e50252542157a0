/** A run in memory that a test can read, hold back and break. */
import { LogError } from '../../actors/log/port.ts';
import type { LoggedRecord, LogHealth, RunStart, RunWriter, SessionLog } from '../../actors/log/port.ts';

export interface ScriptedLog {
  writer: RunWriter;
  log: Pick<SessionLog, 'read' | 'health' | 'onHealth'>;
  /** What is durable. */
  records: LoggedRecord[];
  /** Pages that were read. */
  reads: number;
  /** From now on records become durable when the test says so, in order. */
  hold(): void;
  /** Makes everything that is held durable, and what follows at once. */
  release(): void;
  /** The log says how it is. */
  become(health: LogHealth): void;
  /** Reading fails from now on. */
  isUnreadable: boolean;
}

export function scriptedLog(run: RunStart & { epoch: number }): ScriptedLog {
  const listeners = new Set<(health: LogHealth) => void>();
  let health: LogHealth = { ok: true };
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const log: ScriptedLog = {
    records: [],
    reads: 0,
    isUnreadable: false,
    hold: () => void (gate = Promise.withResolvers()),
    release: () => gate.resolve(),
    become: (now) => {
      health = now;
      for (const listener of listeners) listener(now);
    },
    writer: {
      run,
      append: async (record) => {
        await gate.promise;
        log.records.push(record);
      },
      end: () => Promise.resolve(),
    },
    log: {
      read: (_run, after, limit) => {
        log.reads += 1;
        if (log.isUnreadable) return Promise.reject(new LogError('unavailable', 'unreadable'));
        return Promise.resolve(log.records.slice(after, after + limit));
      },
      get health() {
        return health;
      },
      onHealth: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  };
  return log;
}
