import t from 'tap';
import { backoffMs, defaultRestartPolicy, mayRestart, recordCrash } from '../../machines/restart.ts';

const policy = { intensity: 2, periodMs: 1_000, backoffBaseMs: 100, backoffMaxMs: 300 };

void t.test('as many restarts as the intensity allows within a period, and not one more', (t) => {
  const first = recordCrash([], 0, policy);
  const second = recordCrash(first, 10, policy);
  const third = recordCrash(second, 20, policy);
  t.strictSame(
    [first, second, third].map((crashes) => mayRestart(crashes, policy)),
    [true, true, false],
  );
  t.end();
});

void t.test('a crash is forgotten when its period is over', (t) => {
  t.strictSame(recordCrash([0, 500], 999, policy), [0, 500, 999]);
  t.strictSame(recordCrash([0, 500], 1_000, policy), [500, 1_000]);
  t.end();
});

void t.test('no more crashes are remembered than are needed to decide', (t) => {
  let crashes: number[] = [];
  for (let atMs = 0; atMs < 100; atMs += 1) crashes = recordCrash(crashes, atMs, policy);
  t.strictSame(crashes, [97, 98, 99]);
  t.end();
});

void t.test('rests double up to their bound', (t) => {
  t.strictSame(
    [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]].map((crashes) => backoffMs(crashes, policy)),
    [100, 200, 300, 300],
  );
  t.strictSame(
    [1, 2, 3, 4, 5].map((count) =>
      backoffMs(
        Array.from({ length: count }, () => 0),
        defaultRestartPolicy,
      ),
    ),
    [100, 200, 400, 800, 1600],
  );
  t.end();
});
