/** Transition tables of what supervises a child process: what has happened, and where the chart is then. */
import t from 'tap';
import { defaultRestartPolicy } from '../../machines/restart.ts';
import { after, snapshotOf } from '../support/proof/after.ts';
import { engineWorld, processWorld } from '../support/proof/worlds.ts';

const timing = { startTimeoutMs: 10_000, endTimeoutMs: 500, terminateTimeoutMs: 5_000, killTimeoutMs: 2_000 };

const processTable: [string, unknown][] = [
  ['', { up: 'starting' }],
  ['child ready', { up: 'running' }],
  ['child refused', 'failed'],
  ['child exited', 'backoff'],
  ['child exited, tick', { up: 'starting' }],
  ['tick', { up: 'evicting' }],
  ['tick, child exited', 'backoff'],
  ['tick, tick', 'abandoned'],
  ['child ready, child exited', 'backoff'],
  ['child ready, child stalled', { up: 'evicting' }],
  ['child ready, child stalled, process.stop', { up: 'killing' }],
  ['child stalled', { up: 'evicting' }],
  ['child ready, process.outgrown', { up: 'evicting' }],
  ['process.outgrown', { up: 'starting' }],
  ['child ready, renew', { up: 'renewing' }],
  ['child ready, renew, child exited', { up: 'starting' }],
  ['child ready, renew, tick', { up: 'evicting' }],
  ['process.stop', { up: 'ending' }],
  ['process.stop, child exited', 'exited'],
  ['process.stop, child refused', 'exited'],
  ['process.stop, tick', { up: 'terminating' }],
  ['process.stop, tick, child exited', 'exited'],
  ['process.stop, tick, tick', { up: 'killing' }],
  ['process.stop, tick, tick, child exited', 'exited'],
  ['process.stop, tick, tick, tick', 'abandoned'],
  ['child exited, process.stop', 'exited'],
  [
    'child exited, tick, child exited, tick, child exited, tick, child exited, tick, child exited, tick, child exited',
    'failed',
  ],
];

void t.test('process', async (t) => {
  for (const [words, value] of processTable) {
    const world = await after(processWorld({ timing, restart: defaultRestartPolicy }), words);
    t.strictSame(snapshotOf(world).value, value, words);
  }
});

void t.test('process: a renewal is no crash, a replacement is', async (t) => {
  const renewed = Array.from({ length: 10 }, () => 'child ready, renew, child exited').join(', ');
  const world = await after(processWorld({ timing, restart: defaultRestartPolicy }), renewed);
  t.strictSame(snapshotOf(world).value, { up: 'starting' });
});

void t.test('process: the output says how it left', async (t) => {
  const rungs: [string, string, string][] = [
    ['child ready, process.stop, child exited', 'exited', 'ending'],
    ['child ready, process.stop, tick, child exited', 'exited', 'terminating'],
    ['child ready, process.stop, tick, tick, child exited', 'exited', 'killing'],
    ['child ready, process.stop, tick, tick, tick', 'abandoned', 'killing'],
    ['child refused', 'failed', 'none'],
  ];
  for (const [words, outcome, rung] of rungs) {
    const world = await after(processWorld({ timing, restart: defaultRestartPolicy }), words);
    t.match(snapshotOf(world).output, { outcome, rung }, words);
  }
});

/** Two budgets of one restart each. */
const oneRestart = { timing, restart: { ...defaultRestartPolicy, intensity: 1 } };
const spent = 'child exited, tick, child exited';

const engineTable: [string, unknown][] = [
  ['', { up: 'loading' }],
  ['child ready', { up: 'serving' }],
  ['child ready, child exited', { up: 'replacing' }],
  ['child ready, child stalled', { up: 'replacing' }],
  ['child ready, child exited, tick, child ready', { up: 'serving' }],
  [spent, 'failed'],
  ['child refused', 'failed'],
  [`child ready, ${spent}`, 'resting'],
  [`child ready, ${spent}, tick`, { up: 'reviving' }],
  [`child ready, ${spent}, tick, child ready`, { up: 'serving' }],
  [`child ready, ${spent}, tick, ${spent}`, 'resting'],
  [`child ready, ${spent}, tick, ${spent}, tick, child ready`, { up: 'serving' }],
  [`child ready, ${spent}, engine.stop`, 'ended'],
  ['engine.stop', { up: 'stopping' }],
  ['child ready, engine.stop, child exited', 'ended'],
  ['child ready, child exited, engine.stop', 'ended'],
];

void t.test('engine', async (t) => {
  for (const [words, value] of engineTable) {
    const world = await after(engineWorld({ process: oneRestart, restMs: 30_000 }), words);
    t.strictSame(snapshotOf(world).value, value, words);
  }
});
