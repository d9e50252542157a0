/** The fan-out as the chart sees it: it closes when told, says when the last viewer is gone, and leaves none behind. */
import t from 'tap';
import { createActor, setup } from 'xstate';
import type { HubCommand, HubFact } from '../../../machines/events.ts';
import { viewerHub } from '../../../actors/viewers/hub-actor.ts';
import { startHttp } from '../../support/http-server.ts';
import { eventually } from '../../support/processes.ts';
import { ScriptedSessions } from '../../support/scripted-sessions.ts';
import { view, viewWithoutReading } from '../../support/viewer-sockets.ts';

async function started() {
  const sessions = new ScriptedSessions({ heartbeatIntervalMs: 60, heartbeatMaxMissed: 3 });
  const server = await startHttp({ directory: sessions });
  const { channel } = sessions.start('talk');
  const facts: string[] = [];
  const types = {} as { events: HubFact };
  const parent = setup({ types, actors: { viewerHub } }).createMachine({
    invoke: { id: 'hub', src: 'viewerHub', input: { channel } },
    on: { 'hub.emptied': { actions: ({ event }) => void facts.push(event.type) } },
  });
  const actor = createActor(parent).start();
  const hub = actor.getSnapshot().children['hub'];
  return { server, channel, facts, hub, [Symbol.dispose]: () => void actor.stop() };
}

const restart: HubCommand = { type: 'hub.close', code: 1012, reason: 'server_restarting' };

void t.test(
  'viewers are closed with the code that the chart gives, newcomers too, and the last one is told',
  async (t) => {
    using made = await started();
    const { server, channel, facts, hub } = made;
    await using _ = server;
    const viewers = [await view(server.host), await view(server.host)];
    const deaf = await viewWithoutReading(server.host);
    hub?.send(restart);
    const late = await view(server.host, { protocols: [] });
    for (const { closed } of [...viewers, late]) {
      t.strictSame(await closed, { code: 1012, reason: 'server_restarting' });
    }
    t.strictSame(facts, [], 'one is still there');
    hub?.send({ type: 'hub.terminate' });
    await eventually('the last one is gone', () => facts.length > 0);
    t.strictSame(facts, ['hub.emptied']);
    t.equal(channel.hub.size, 0);
    deaf.destroy();
  },
);

void t.test('without viewers it is empty at once', async (t) => {
  using made = await started();
  const { server, facts, hub } = made;
  await using _ = server;
  hub?.send(restart);
  await eventually('it says so', () => facts.length > 0);
  t.strictSame(facts, ['hub.emptied']);
});

void t.test('viewers get the records that they lack before they are closed', async (t) => {
  using made = await started();
  const { server, channel, hub } = made;
  await using _ = server;
  const viewer = await view(server.host);
  channel.gap(0, 10, 'audio_lost');
  hub?.send(restart);
  await viewer.closed;
  t.match(viewer.told.at(-1), { type: 'gap', offset: 1 });
});

void t.test('its heartbeat runs while it lives, and its end cuts whoever is left', async (t) => {
  using made = await started();
  const { server, channel } = made;
  await using _ = server;
  const silent = await view(server.host, { autoPong: false });
  t.strictSame(await silent.closed, { code: 1008, reason: 'heartbeat_timeout' });
  const there = await view(server.host);
  made[Symbol.dispose]();
  t.equal((await there.closed).code, 1006);
  await eventually('nobody is left', () => channel.hub.size === 0);
});
