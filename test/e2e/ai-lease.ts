/**
 * A caller of a language model that is killed, stopped or cut off: the next one is in time, nothing late is taken, fences
 * only grow, also over a kill of the server.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { runCaptiond } from '../harness.ts';
import { startHttp } from '../support/http-server.ts';
import { eventually } from '../support/processes.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

t.setTimeout(120_000);

const program = new URL('../support/lease-holder-child.ts', import.meta.url).pathname;
const LEASE_MS = 1_000;
/** What a slow machine may add. */
const MORE_MS = 1_000;

type Fact = { held?: number; taken?: number; refused?: string };

interface Holder extends Disposable {
  child: ChildProcess;
  facts: Fact[];
  /** Resolves once it has told such a fact. */
  tells(fits: (fact: Fact) => boolean): Promise<Fact>;
}

function holder(url: string, name: string): Holder {
  const child = fork(program, [url, name], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const facts: Fact[] = [];
  child.on('message', (fact) => facts.push(fact as Fact));
  const tells = async (fits: (fact: Fact) => boolean): Promise<Fact> => {
    await eventually(`a word of ${name}`, () => facts.some(fits), 20_000);
    return facts.find(fits) ?? {};
  };
  return { child, facts, tells, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

const isHeld = ({ held }: Fact): boolean => held !== undefined;

interface Fault {
  /** From the fault until the next one holds the lease, at most. */
  withinMs: number;
  begin: (first: Holder, proxy: { hang: () => void; heal: () => void }) => void;
  /** Brings it back; undefined: it is gone for good. */
  end?: (first: Holder, proxy: { hang: () => void; heal: () => void }) => void;
}

const faults: Record<string, Fault> = {
  killed: { withinMs: MORE_MS, begin: ({ child }) => void child.kill('SIGKILL') },
  stopped: {
    withinMs: LEASE_MS + MORE_MS,
    begin: ({ child }) => void child.kill('SIGSTOP'),
    end: ({ child }) => void child.kill('SIGCONT'),
  },
  'cut off': {
    withinMs: LEASE_MS + MORE_MS,
    begin: (_first, { hang }) => hang(),
    end: (_first, { heal }) => heal(),
  },
};

for (const [how, { withinMs, begin, end }] of Object.entries(faults)) {
  void t.test(`a holder that is ${how}: the next in time, and nothing late is taken`, async (t) => {
    const sessions = new ScriptedSessions({ aiLeaseMs: LEASE_MS });
    await using server = await startHttp({ directory: sessions });
    const talk = sessions.start('talk');
    await using proxy = await tcpProxy(Number(server.host.split(':')[1]));
    const net = { hang: () => {}, heal: () => {} };
    net.hang = () => void (net.heal = proxy.poison({ type: 'timeout', timeoutMs: 0 }));
    using first = holder(`ws://127.0.0.1:${proxy.port}/sessions/talk/live`, 'first');
    const { held: fence = NaN } = await first.tells(isHeld);
    using second = holder(`ws://${server.host}/sessions/talk/live`, 'second');
    await second.tells(({ taken }) => taken === fence);
    const insights = () =>
      talk.log.records
        .map(({ body }) => JSON.parse(body) as { type: string; fence: number; data: string })
        .filter(({ type }) => type === 'ai_insight');
    await eventually('the first delivers', () => insights().length > 1);
    const sinceMs = performance.now();
    begin(first, net);
    const next = await second.tells(isHeld);
    const elapsedMs = performance.now() - sinceMs;
    t.ok(elapsedMs <= withinMs, `${Math.round(elapsedMs)} of ${withinMs} ms`);
    t.ok((next.held ?? 0) > fence, `fence ${next.held} after ${fence}`);
    end?.(first, net);
    if (end !== undefined) await first.tells(({ refused }) => refused === 'stale_fence');
    const delivered = insights().length;
    await eventually('the second delivers', () => insights().length > delivered + 2);
    const history = insights().map(({ fence: under, data }) => `${under} ${data}`);
    const turn = history.indexOf(`${next.held} second`);
    t.ok(
      history.slice(0, turn).every((each) => each === `${fence} first`),
      history.join(', '),
    );
    t.ok(history.slice(turn).every((each) => each === `${next.held} second`));
    talk.end();
  });
}

/** The session once it has a record. */
async function untilRecorded(url: string): Promise<{ offset: number }> {
  for (;;) {
    const session = (await (await fetch(url)).json()) as { offset: number };
    if (session.offset > 0) return session;
    await pause(50);
  }
}

void t.test('fences go on growing when the server was killed and started again over the same data', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-fences-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const fences: number[] = [];
  for (let life = 0; life < 3; life += 1) {
    await using server = runCaptiond(['serve'], { DATA_DIR: folder });
    const [, host = ''] = await server.printed(/http:\/\/(127\.0\.0\.1:\d+)/);
    const answer = await fetch(`http://${host}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"slug":"talk"}',
    });
    t.equal(answer.status, 201);
    using caller = holder(`ws://${host}/sessions/talk/live`, `life ${life}`);
    const { held = NaN } = await caller.tells(isHeld);
    fences.push(held);
    const { offset } = await untilRecorded(`http://${host}/sessions/talk`);
    t.ok(offset > 0, 'an insight is in the log');
    server.child.kill('SIGKILL');
    await server.exited;
  }
  t.strictSame(
    fences,
    [...new Set(fences)].toSorted((one, other) => one - other),
    fences.join(', '),
  );
  t.equal(fences.length, 3);
  await using server = runCaptiond(['serve'], { DATA_DIR: folder });
  const [, host = ''] = await server.printed(/http:\/\/(127\.0\.0\.1:\d+)/);
  const summary = (await (await fetch(`http://${host}/sessions/talk`)).json()) as { ledger: object; state: string };
  t.match(summary, { state: 'ended', ledger: { receivedMs: 0, transcribedMs: 0, gapMs: 0 } }, 'the run that was lost');
});
