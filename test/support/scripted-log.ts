/** A run in memory that a test can read, hold back and break. */
import { Leases } from '../../actors/log/leases.ts';
import { LogError } from '../../actors/log/port.ts';
import type { LoggedRecord, LogHealth, RunStart, RunWriter, SessionLog } from '../../actors/log/port.ts';

export interface ScriptedLog {
  writer: RunWriter;
  log: Pick<SessionLog, 'read' | 'lease' | 'health' | 'onHealth'>;
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
  /** Called with each request for a lease; what it returns is waited for, and it may reject. */
  beforeLease: () => Promise<void>;
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
    beforeLease: () => Promise.resolve(),
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
    log: scriptedReads(
      () => log,
      listeners,
      () => health,
    ),
  };
  return log;
}

type Listener = (health: LogHealth) => void;

function scriptedReads(script: () => ScriptedLog, listeners: Set<Listener>, health: () => LogHealth) {
  let token = 0;
  const leases = new Leases({ nextToken: () => Promise.resolve((token += 1)), nowMs: () => performance.now() });
  const reads: ScriptedLog['log'] = {
    lease: async (key, ttlMs) => {
      await script().beforeLease();
      return await leases.take(key, ttlMs);
    },
    read: (_run, after, limit) => {
      const log = script();
      log.reads += 1;
      if (log.isUnreadable) return Promise.reject(new LogError('unavailable', 'unreadable'));
      return Promise.resolve(log.records.slice(after, after + limit));
    },
    get health() {
      return health();
    },
    onHealth: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return reads;
}
