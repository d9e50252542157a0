/** The AI lease of a session on a simulated clock: the real chart and desk, and a log that a test can hold up. */
import { createActor } from 'xstate';
import { LeaseDesk } from '../../actors/ai/desk.ts';
import { leaseDesk } from '../../actors/ai/desk-actor.ts';
import type { AiInsight, AiSeat } from '../../actors/ai/port.ts';
import { bindInput } from '../../actors/bind-input.ts';
import { MemoryLog } from '../../actors/log/memory.ts';
import type { SessionLog } from '../../actors/log/port.ts';
import { aiLeaseMachine } from '../../machines/ai-lease.ts';
import { createLog } from '../../runtime/log.ts';
import { VirtualClock } from './proof/virtual-clock.ts';

/** A seat and what it was told, one line each: `held 1 5000`, `taken 1 4000`, `free 1`, `refused ai_line_full`. */
export interface RigSeat {
  seat: AiSeat;
  told: string[];
}

export interface LeaseRigOptions {
  mode?: 'off' | 'client' | 'server';
  lineMax?: number;
  log?: Pick<SessionLog, 'lease'>;
}

export const LEASE_MS = 5_000;
export const TAKE_TIMEOUT_MS = 2_000;

export function leaseRig({ mode = 'client', lineMax = 256, log = new MemoryLog() }: LeaseRigOptions = {}) {
  const clock = new VirtualClock();
  const records: AiInsight[] = [];
  const desk = new LeaseDesk({
    mode,
    key: 'ai.talk',
    leaseMs: LEASE_MS,
    log,
    nowMs: () => clock.nowMs,
    lines: createLog({ level: 'error', pretty: false, write: () => {} }),
    newestOffset: () => 10,
    record: (insight) => records.push(insight) > 0,
  });
  const machine = aiLeaseMachine.provide({ actors: { desk: bindInput(leaseDesk, { desk }) } });
  const input = { timing: { leaseMs: LEASE_MS, takeTimeoutMs: TAKE_TIMEOUT_MS }, lineMax };
  const chart = createActor(machine, { input, clock });
  chart.start();
  const sit = (kind?: 'server'): RigSeat => {
    const told: string[] = [];
    const seat = desk.seat(
      {
        leased: ({ state, fence, expiresInMs }) => void told.push([state, fence, expiresInMs].join(' ').trim()),
        refused: ({ code }) => void told.push(`refused ${code}`),
      },
      kind,
    );
    return { seat, told };
  };
  return { clock, desk, chart, records, sit };
}

/** What promises bring has come. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
