/** The AI lease as the viewer client has it: kept up while it is wanted, passed on, asked for again. */
import t from 'tap';
import { Viewer } from '../../runtime/client/viewer.js';
import { eventually } from '../support/processes.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';

t.setTimeout(60_000);

const LEASE_MS = 500;

async function session() {
  const sessions = new ScriptedSessions({ aiLeaseMs: LEASE_MS });
  const server = await startHttp({ directory: sessions });
  const talk = sessions.start('talk');
  const follow = () => {
    const lines: string[] = [];
    const viewer = new Viewer({
      url: `ws://${server.host}/sessions/talk/live`,
      random: () => 0,
      listeners: {
        lease: ({ state, fence }) => void lines.push(`${state} ${fence}`),
        insight: ({ fence, data }) => void lines.push(`insight ${fence} ${String(data)}`),
        error: ({ code }) => void lines.push(code),
      },
    });
    const saw = (line: string): Promise<void> => eventually(line, () => lines.includes(line), 10_000);
    return { viewer, lines, saw };
  };
  return { server, talk, follow };
}

void t.test(
  'a lease that is wanted is kept up for many times its life, and its insights come to everybody',
  async (t) => {
    const { server, talk, follow } = await session();
    await using _ = server;
    const [one, two] = [follow(), follow()];
    one.viewer.ai.acquire();
    await one.saw('held 1');
    two.viewer.ai.acquire();
    await two.saw('taken 1');
    t.equal(two.viewer.ai.deliver({ fence: 1, upToOffset: 0, data: 'no' }), false);
    t.equal(one.viewer.ai.deliver({ fence: 0, upToOffset: 0, data: 'no' }), false);
    t.equal(one.viewer.ai.deliver({ fence: 1, upToOffset: 0, data: 'first' }), true);
    await two.saw('insight 1 first');
    const untilMs = performance.now() + 4 * LEASE_MS;
    await eventually('four lives are over', () => performance.now() > untilMs, 10_000);
    t.strictSame(one.viewer.ai.lease, { state: 'held', fence: 1 });
    one.viewer.ai.release();
    await two.saw('held 2');
    t.equal(talk.channel.desk.handovers, 1);
    one.viewer.ai.acquire();
    two.viewer.close();
    await one.saw('held 3');
    t.notOk(one.lines.includes('stale_fence'));
    one.viewer.close();
    t.strictSame(one.viewer.ai.lease.state, 'unknown', 'without a connection nobody knows');
  },
);

void t.test('who loses its connection asks again by itself; who is refused for good does not', async (t) => {
  const { server, talk, follow } = await session();
  await using _ = server;
  const one = follow();
  one.viewer.ai.acquire();
  await one.saw('held 1');
  talk.cut();
  await one.saw('unknown 1');
  talk.mend();
  await one.saw('held 2');
  one.viewer.close();
  const off = new ScriptedSessions({ aiMode: 'off' });
  off.start('talk');
  await using other = await startHttp({ directory: off });
  const codes: string[] = [];
  const url = `ws://${other.host}/sessions/talk/live`;
  const refused = new Viewer({ url, listeners: { error: ({ code }) => void codes.push(code) } });
  refused.ai.acquire();
  await eventually('the refusal', () => codes.includes('ai_off'), 10_000);
  refused.reconnect();
  refused.ai.release();
  refused.close();
  t.strictSame(codes, ['ai_off']);
});

void t.test('a lease that could not be renewed in time is asked for again, behind those who wait', async (t) => {
  const { server, talk, follow } = await session();
  await using _ = server;
  const [one, two] = [follow(), follow()];
  one.viewer.ai.acquire();
  await one.saw('held 1');
  two.viewer.ai.acquire();
  await two.saw('taken 1');
  const untilMs = performance.now() + 3 * LEASE_MS;
  while (performance.now() < untilMs);
  await two.saw('held 2');
  await one.saw('taken 2');
  two.viewer.close();
  await one.saw('held 3');
  t.equal(talk.channel.desk.handovers, 2);
  one.viewer.close();
});
