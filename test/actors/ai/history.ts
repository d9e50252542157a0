/**
 * Random lives of a lease: several who want it, leave, renew late, deliver under any fence; a log that answers, refuses,
 * fails, takes away. Whatever happens, the history of insights is that of one caller after the other.
 */
import fc from 'fast-check';
import t from 'tap';
import { LogError } from '../../../actors/log/port.ts';
import type { Lease } from '../../../actors/log/port.ts';
import { leaseRig, LEASE_MS, settled } from '../../support/lease-rig.ts';
import type { RigSeat } from '../../support/lease-rig.ts';

t.setTimeout(120_000);

const SEATS = 4;
const RUNS = 400;

type Step =
  | { do: 'ask' | 'renew' | 'release' | 'leave'; seat: number }
  | { do: 'deliver'; seat: number; fenceBack: number }
  | { do: 'wait'; ms: number }
  | { do: 'lose' }
  | { do: 'log'; says: 'yes' | 'elsewhere' | 'failed' };

const anySeat = fc.nat({ max: SEATS - 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), seat: anySeat }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('renew' as const), seat: anySeat }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'leave' as const), seat: anySeat }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), seat: anySeat, fenceBack: fc.nat({ max: 2 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 2 * LEASE_MS }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('log' as const), says: fc.constantFrom('yes', 'elsewhere', 'failed') }),
  },
);

/** A log that says what it is told to, and lets go of a lease when it is told to. */
function scriptedLeases() {
  let token = 0;
  const script = { says: 'yes' as 'yes' | 'elsewhere' | 'failed', lose: () => {}, held: 0 };
  const lease = (): Promise<Lease | undefined> => {
    if (script.says === 'failed') return Promise.reject(new LogError('unavailable', 'no'));
    if (script.says === 'elsewhere') return Promise.resolve(undefined);
    if (script.held > 0) return Promise.reject(new Error('two leases at a time'));
    const ended = new AbortController();
    token += 1;
    script.held += 1;
    const over = (): void => {
      if (!ended.signal.aborted) script.held -= 1;
      ended.abort();
    };
    script.lose = over;
    return Promise.resolve({ token, signal: ended.signal, dispose: () => Promise.resolve(over()) });
  };
  return { script, lease };
}

/** What the model knows: who was given which fence, and until when it may deliver under it. */
interface Grant {
  seat: number;
  fence: number;
  untilMs: number;
}

/** A lease with its seats, and the model beside it. */
class Life {
  readonly log = scriptedLeases();
  readonly rig = leaseRig({ log: this.log });
  readonly faults: string[] = [];
  readonly seats: RigSeat[] = Array.from({ length: SEATS }, () => this.rig.sit());
  readonly #read = this.seats.map(() => 0);
  #granted: Grant | undefined;
  #newest = 0;

  async take(step: Step): Promise<void> {
    if (step.do === 'log') this.log.script.says = step.says;
    else if (step.do === 'lose') this.log.script.lose();
    else if (step.do === 'wait') await this.#wait(step.ms);
    else if (step.do === 'deliver') this.#deliver(step.seat, Math.max(0, this.#newest - step.fenceBack));
    else if (step.do === 'renew') this.#renew(step.seat);
    else this.#come(step.do, step.seat);
    await this.#look();
  }

  /** What must be true at its end. */
  judge(): string[] {
    const { records, chart } = this.rig;
    for (const [index, { fence, data }] of records.entries()) {
      if (fence < (records[index - 1]?.fence ?? 0)) this.faults.push('a fence went back');
      if (records.some((other) => other.fence === fence && other.data !== data)) {
        this.faults.push(`two callers under fence ${fence}`);
      }
    }
    const { value, context } = chart.getSnapshot();
    if (context.holder === null && context.line.length > 0 && value !== 'elsewhere') {
      this.faults.push(`somebody waits and nobody holds: ${JSON.stringify(value)}`);
    }
    return this.faults;
  }

  /** Takes note of who was given the lease. */
  async #look(): Promise<void> {
    await settled();
    for (const [seat, { told }] of this.seats.entries()) {
      for (const line of told.slice(this.#read[seat])) {
        const [state, fence] = line.split(' ');
        if (state !== 'held' || Number(fence) <= this.#newest) continue;
        this.#newest = Number(fence);
        this.#granted = { seat, fence: this.#newest, untilMs: this.rig.clock.nowMs + LEASE_MS };
      }
      this.#read[seat] = told.length;
    }
  }

  async #wait(ms: number): Promise<void> {
    const { clock } = this.rig;
    const untilMs = clock.nowMs + ms;
    while ((clock.waitingMs[0] ?? Infinity) <= untilMs - clock.nowMs) {
      clock.step();
      await this.#look();
    }
    clock.nowMs = untilMs;
  }

  #come(what: 'ask' | 'release' | 'leave', index: number): void {
    const { seat } = this.#seat(index);
    if (what === 'ask') seat.acquire();
    else if (what === 'release') seat.release(this.#newest);
    else {
      seat.leave();
      this.seats[index] = this.rig.sit();
      this.#read[index] = 0;
    }
  }

  #renew(index: number): void {
    const may = this.#may(index, this.#newest);
    const isDone = this.#seat(index).seat.renew(this.#newest) === undefined;
    if (isDone !== may) this.faults.push(`renewal of ${index} was ${isDone ? 'taken' : 'refused'}`);
    if (isDone && this.#granted !== undefined) this.#granted.untilMs = this.rig.clock.nowMs + LEASE_MS;
  }

  #deliver(index: number, fence: number): void {
    const may = this.#may(index, fence);
    const isDone = this.#seat(index).seat.deliver({ fence, upToOffset: 0, data: index }) === undefined;
    if (isDone !== may) this.faults.push(`insight of ${index} under ${fence} was ${isDone ? 'taken' : 'refused'}`);
  }

  /** Is it the newest holder, still sitting there, under its fence and in time? */
  #may(index: number, fence: number): boolean {
    const { chart, clock } = this.rig;
    const isHolder = this.#granted?.seat === index && chart.getSnapshot().context.holder === this.#seat(index).seat.id;
    return isHolder && fence === this.#granted?.fence && clock.nowMs < this.#granted.untilMs;
  }

  #seat(index: number): RigSeat {
    const seat = this.seats[index];
    if (seat === undefined) throw new Error(`there is no seat ${index}`);
    return seat;
  }
}

void t.test('insights are those of one caller after the other, whatever happens', async (t) => {
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 80 }), async (steps) => {
    const life = new Life();
    for (const each of steps) await life.take(each);
    const faults = life.judge();
    if (faults.length > 0) throw new Error(faults.join('; '));
  });
  const result = await fc.check(property, { numRuns: RUNS });
  t.notOk(result.failed, fc.defaultReportMessage(result) ?? `seed ${result.seed}`);
});
