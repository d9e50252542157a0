/** The AI lease between its chart, its desk and the log, on a simulated clock. */
import t from 'tap';
import { INSIGHT_DATA_MAX_BYTES } from '../../../actors/ai/insight.ts';
import { LEASE_ASKERS_MAX } from '../../../actors/ai/desk.ts';
import { LogError } from '../../../actors/log/port.ts';
import type { Lease } from '../../../actors/log/port.ts';
import { leaseRig, LEASE_MS, settled, TAKE_TIMEOUT_MS } from '../../support/lease-rig.ts';

const insight = (fence: number, data: unknown = { summary: 'so far' }) => ({ fence, upToOffset: 10, data });

void t.test('a caller acquires, renews, delivers and releases; the next in line has it at once', async (t) => {
  const { clock, sit, records, desk } = leaseRig();
  const [one, two] = [sit(), sit()];
  t.equal(one.seat.acquire(), undefined);
  await settled();
  t.equal(two.seat.acquire(), undefined);
  clock.nowMs += 1_000;
  t.equal(one.seat.renew(1), undefined);
  t.equal(one.seat.deliver(insight(1)), undefined);
  t.equal(one.seat.release(1), undefined);
  await settled();
  t.strictSame(one.told, ['held 1 5000', 'held 1 5000', 'taken 2 5000']);
  t.strictSame(two.told, ['taken 1 5000', 'held 2 5000']);
  t.strictSame(records, [insight(1)]);
  t.equal(desk.handovers, 1);
  t.equal(desk.delivered, 1);
  t.match([one.seat.id, two.seat.id], ['viewer 1', 'viewer 2']);
});

void t.test('a lease that is not renewed passes on; its fence is stale from then on', async (t) => {
  const { clock, sit, records } = leaseRig();
  const [one, two] = [sit(), sit()];
  one.seat.acquire();
  two.seat.acquire();
  await settled();
  clock.step();
  await settled();
  t.equal(clock.nowMs, LEASE_MS);
  t.strictSame(one.told, ['held 1 5000', 'taken 2 5000']);
  t.strictSame(two.told, ['taken 1 5000', 'held 2 5000']);
  for (const refusal of [one.seat.renew(1), one.seat.deliver(insight(1)), one.seat.release(1)]) {
    t.strictSame(refusal, { code: 'stale_fence' });
  }
  t.strictSame(one.seat.renew(2), { code: 'stale_fence' }, 'the fence of another is no key');
  t.strictSame(records, []);
});

void t.test('each renewal begins the time again', async (t) => {
  const { clock, chart, sit } = leaseRig();
  const { seat, told } = sit();
  seat.acquire();
  await settled();
  for (let round = 0; round < 10; round += 1) {
    clock.nowMs += LEASE_MS - 1;
    t.equal(seat.renew(1), undefined);
    t.strictSame(clock.waitingMs, [LEASE_MS]);
  }
  t.equal(chart.getSnapshot().context.holder, seat.id);
  clock.step();
  await settled();
  t.equal(told.at(-1), 'free 1');
});

void t.test('after a stall of the server the lease is over, whatever comes first afterwards', async (t) => {
  const { clock, sit, records } = leaseRig();
  const [one, two] = [sit(), sit()];
  one.seat.acquire();
  two.seat.acquire();
  await settled();
  clock.nowMs += 3 * LEASE_MS;
  t.strictSame(one.seat.deliver(insight(1)), { code: 'stale_fence' });
  t.strictSame(one.seat.renew(1), { code: 'stale_fence' });
  clock.step();
  await settled();
  t.equal(two.told.at(-1), 'held 2 5000');
  t.strictSame(records, []);
});

void t.test('a holder that leaves, and one that waits and leaves', async (t) => {
  const { sit, chart } = leaseRig();
  const [one, two, three] = [sit(), sit(), sit()];
  for (const { seat } of [one, two, three]) seat.acquire();
  await settled();
  two.seat.leave();
  one.seat.leave();
  one.seat.leave();
  await settled();
  t.strictSame(three.told, ['taken 1 5000', 'held 2 5000']);
  t.strictSame(two.told, ['taken 1 5000'], 'who is gone is told nothing');
  three.seat.leave();
  await settled();
  t.strictSame(chart.getSnapshot().value, 'free');
  t.strictSame(one.seat.acquire(), { code: 'ai_off' }, 'who has left does not come back');
});

void t.test('one who waits gives its place up, and one who asks again keeps it', async (t) => {
  const { sit, chart } = leaseRig();
  const [one, two] = [sit(), sit()];
  one.seat.acquire();
  await settled();
  for (let round = 0; round < 3; round += 1) two.seat.acquire();
  one.seat.acquire();
  t.strictSame(chart.getSnapshot().context.line, [two.seat.id]);
  t.equal(two.seat.release(0), undefined);
  t.strictSame(chart.getSnapshot().context.line, []);
  t.strictSame(one.told, ['held 1 5000', 'held 1 5000'], 'the holder who asks is told, not renewed');
  t.equal(two.told.length, 4);
});

void t.test('the line has an end, and those who are told about the lease are not without number', async (t) => {
  const { sit } = leaseRig({ lineMax: 2 });
  const seats = Array.from({ length: 5 }, () => sit());
  for (const { seat } of seats) seat.acquire();
  await settled();
  t.strictSame(
    seats.map(({ told }) => told[0]),
    ['held 1 5000', 'taken 1 5000', 'refused ai_line_full', 'refused ai_line_full', 'refused ai_line_full'],
  );
  for (let round = 0; round < LEASE_ASKERS_MAX; round += 1) sit().seat.acquire();
  const before = seats.map(({ told }) => told.length);
  seats[0]?.seat.leave();
  await settled();
  t.strictSame(
    seats.map(({ told }, index) => told.length - (before[index] ?? 0)),
    [0, 1, 0, 0, 0],
    'of those who neither have it nor wait the oldest are told no more',
  );
});

void t.test('a log that fails or does not answer refuses those who wait, and is asked again', async (t) => {
  let answer: () => Promise<Lease | undefined> = () => Promise.reject(new LogError('unavailable', 'no'));
  const { clock, sit, chart } = leaseRig({ log: { lease: () => answer() } });
  const [one, two] = [sit(), sit()];
  one.seat.acquire();
  two.seat.acquire();
  await settled();
  t.strictSame([one.told, two.told], [['refused log_unavailable'], ['refused log_unavailable']], 'no word of "free"');
  const late = Promise.withResolvers<Lease>();
  answer = () => late.promise;
  one.seat.acquire();
  await settled();
  clock.step();
  await settled();
  t.equal(clock.nowMs, TAKE_TIMEOUT_MS);
  t.equal(one.told.at(-1), 'refused log_unavailable');
  let givenBack = 0;
  const lease = { signal: new AbortController().signal, dispose: () => Promise.resolve(void (givenBack += 1)) };
  late.resolve({ ...lease, token: 5 });
  await settled();
  t.equal(givenBack, 1, 'what comes too late is given back');
  t.equal(chart.getSnapshot().value, 'free');
  answer = () => Promise.resolve({ ...lease, token: 6 });
  one.seat.acquire();
  await settled();
  t.equal(one.told.at(-1), 'held 6 5000');
});

void t.test('a lease that the log takes away, and one that another server has', async (t) => {
  const ended = new AbortController();
  const leases: (Lease | undefined)[] = [
    { token: 3, signal: ended.signal, dispose: () => Promise.reject(new Error('away')) },
    undefined,
    { token: 9, signal: new AbortController().signal, dispose: () => Promise.resolve() },
  ];
  const { clock, sit } = leaseRig({ log: { lease: () => Promise.resolve(leases.shift()) } });
  const [one, two] = [sit(), sit()];
  one.seat.acquire();
  two.seat.acquire();
  await settled();
  ended.abort();
  t.strictSame(one.seat.deliver(insight(3)), { code: 'stale_fence' });
  await settled();
  t.strictSame(two.told, ['taken 3 5000', 'taken 3'], 'the other server has it, for nobody here knows how long');
  clock.step();
  await settled();
  t.equal(two.told.at(-1), 'held 9 5000');
});

void t.test('insights that cannot be taken are refused with the field and what was expected', async (t) => {
  const { sit, records } = leaseRig();
  const { seat } = sit();
  seat.acquire();
  await settled();
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
  const bad: [unknown, RegExp][] = [
    [{ fence: 1, upToOffset: 11, data: 1 }, /^upToOffset must be a whole number from 0 to 10/],
    [{ fence: 1, upToOffset: -1, data: 1 }, /^upToOffset/],
    [{ fence: 1, upToOffset: 1.5, data: 1 }, /^upToOffset/],
    [insight(1, deep(9)), /^data must have at most 8 levels/],
    [insight(1, 'x'.repeat(INSIGHT_DATA_MAX_BYTES - 1)), /^data must have at most 15360 bytes/],
    [{ fence: 1, upToOffset: 1, data: undefined }, /^data must be a JSON value/],
  ];
  for (const [each, detail] of bad) t.match(seat.deliver(each as never), { code: 'bad_message', detail });
  t.strictSame(records, []);
  for (const data of [null, 0, '', [], deep(8), 'x'.repeat(INSIGHT_DATA_MAX_BYTES - 2)]) {
    t.equal(seat.deliver(insight(1, data)), undefined);
  }
  t.equal(records.length, 6);
});

void t.test('AI_MODE=server: the server has the lease, viewers hear that it is taken and never get it', async (t) => {
  const { sit, desk } = leaseRig({ mode: 'server' });
  const [viewer, server] = [sit(), sit('server')];
  viewer.seat.acquire();
  server.seat.acquire();
  await settled();
  t.equal(server.seat.deliver(insight(1)), undefined);
  server.seat.release(1);
  await settled();
  t.strictSame(viewer.told, ['taken 0', 'taken 1 5000', 'taken 1']);
  t.strictSame(server.told.at(0), 'held 1 5000');
  t.strictSame(viewer.seat.deliver(insight(1)), { code: 'stale_fence' });
  t.equal(desk.delivered, 0, 'a call of the server is counted by its caller');
});

void t.test('AI_MODE=off, and after the end of the session: nothing is taken', async (t) => {
  const off = leaseRig({ mode: 'off' }).sit();
  const { sit, chart } = leaseRig();
  const ended = sit();
  ended.seat.acquire();
  await settled();
  chart.send({ type: 'ai.close' });
  for (const { seat } of [off, ended]) {
    const refusals = [seat.acquire(), seat.renew(1), seat.release(1), seat.deliver(insight(1))];
    t.strictSame(
      refusals.map((refusal) => refusal?.code),
      ['ai_off', 'ai_off', 'ai_off', 'ai_off'],
    );
  }
});
