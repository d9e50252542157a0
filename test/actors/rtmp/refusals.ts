import { createConnection } from 'node:net';
import t from 'tap';
import type { Authorise, PublishDecision, PublisherConnection, RefusalCode } from '../../../actors/ports.ts';
import {
  aacSequenceHeader,
  aacSilence,
  commandBytes,
  connectRtmp,
  publishBytes,
  publishRtmp,
  RtmpRefused,
} from '../../support/rtmp-publisher.ts';
import { dial, listen, until, Witness } from './harness.ts';

const refusal = (code: RefusalCode, description: string): PublishDecision => ({ accepted: false, code, description });

/** An authoriser whose decisions are made by hand, as if it had to ask somebody. */
function undecided() {
  const witness = new Witness();
  const asked = Promise.withResolvers<PublisherConnection>();
  const { promise: decision, resolve: decide } = Promise.withResolvers<boolean>();
  const authorise: Authorise = async (request, connection) => {
    asked.resolve(connection);
    if (await decision) return witness.authorise(request, connection);
    return refusal('NetStream.Publish.Denied', 'not you');
  };
  return { witness, authorise, decide, asked: asked.promise };
}

for (const code of ['NetStream.Publish.BadName', 'NetStream.Publish.Denied', 'NetStream.Failed'] as const) {
  void t.test(`a publisher that is refused with ${code} hears why before it is cut`, async (t) => {
    const { listener, port, witness } = await listen(t, { authorise: () => refusal(code, `because of ${code}`) });
    const publisher = await connectRtmp(port);
    publisher.sendCommand('connect', 1, { app: 'live' });
    publisher.sendCommand('publish', 2, null, 'talk', 'live');
    t.strictSame(await publisher.nextStatus(), { level: 'error', code, description: `because of ${code}` });
    await publisher.closed;
    t.equal(witness.count('publishes_refused'), 1);
    t.notOk(
      publisher.received.some(({ type }) => type === 4),
      'no stream was begun',
    );
    await until(() => listener.connections === 0, 'nobody left');
  });
}

void t.test('a decision that takes its time holds back what was sent with the request', async (t) => {
  const { witness, authorise, decide, asked } = undecided();
  const { port } = await listen(t, { authorise });
  const publisher = await connectRtmp(port);
  publisher.sendCommand('connect', 1, { app: 'live' });
  publisher.sendCommand('createStream', 2, null);
  publisher.sendCommand('publish', 3, null, 'talk', 'live');
  publisher.sendAudio(aacSequenceHeader, 0);
  publisher.sendAudio(aacSilence, 21);
  await asked;
  publisher.sendAudio(aacSilence, 42);
  t.notOk(
    publisher.commands.some(([name]) => name === 'onStatus'),
    'nothing is said before the decision',
  );
  decide(true);
  t.match(await publisher.nextStatus(), { code: 'NetStream.Publish.Start' });
  const { tags } = await witness.publish();
  await witness.until(() => tags.length === 3, 'all that was sent meanwhile');
  await publisher.close();
});

void t.test('what a peer sends while its decision is pending stays in its own buffers', async (t) => {
  const { authorise, decide, asked } = undecided();
  const { port } = await listen(t, { authorise });
  const { socket, closed } = await dial(port, publishBytes('live', 'talk'));
  await asked;
  const sent = 32 * 1024 * 1024;
  socket.write(Buffer.alloc(sent));
  // What the kernel takes is taken within a turn of the loop or two; a listener that reads on would take all of it.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
  t.ok(socket.writableLength > sent / 2, `${socket.writableLength} of ${sent} bytes are not taken`);
  decide(false);
  await closed;
});

void t.test('a pending decision of another publish holds behind the one before', async (t) => {
  const decisions: ((accepted: boolean) => void)[] = [];
  const inner = new Witness();
  const authorise: Authorise = async (request, connection) => {
    await new Promise<boolean>((resolve) => void decisions.push(resolve));
    return inner.authorise(request, connection);
  };
  const { port } = await listen(t, { authorise });
  const goodbye = commandBytes('FCUnpublish', 4, null, 'one');
  const again = commandBytes('publish', 5, null, 'two', 'live');
  const { socket } = await dial(port, Buffer.concat([publishBytes('live', 'one'), goodbye, again]));
  await until(() => decisions.length === 1, 'the first question');
  decisions[0]?.(true);
  t.strictSame((await inner.ended()).ends, [{ orderly: true, reason: 'FCUnpublish' }]);
  t.equal(decisions.length, 2, 'the second question is asked');
  const sent = 32 * 1024 * 1024;
  socket.write(Buffer.alloc(sent));
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
  t.ok(socket.writableLength > sent / 2, 'and nothing is read before its answer');
  socket.resetAndDestroy();
});

void t.test('an authoriser that fails refuses, and the listener goes on', async (t) => {
  const witness = new Witness();
  const authorise: Authorise = (request, connection) => {
    if (request.name === 'throws') throw new Error('thrown');
    if (request.name === 'rejects') return Promise.reject(new Error('rejected'));
    return witness.authorise(request, connection);
  };
  const { port, witness: listening } = await listen(t, { authorise });
  for (const name of ['throws', 'rejects']) {
    await t.rejects(publishRtmp({ port, name }), { message: /^NetStream.Failed: / }, name);
  }
  t.equal(listening.logged.filter(({ level }) => level === 'error').length, 2);
  const publisher = await publishRtmp({ port, name: 'talk' });
  await publisher.close();
});

void t.test('a publisher that is accepted when it has gone is told to its sink at once', async (t) => {
  const { witness, authorise, decide, asked } = undecided();
  const { listener, port } = await listen(t, { authorise, limits: { publishMs: 50 } });
  const { closed } = await dial(port, publishBytes('live', 'talk'));
  await asked;
  await closed;
  await until(() => listener.connections === 0, 'nobody left');
  decide(true);
  const { tags, ends } = await witness.ended();
  t.strictSame(ends, [{ orderly: false, reason: 'no publish within 50 ms' }]);
  t.strictSame(tags, []);
});

void t.test('a listener that closes does not wait for decisions', async (t) => {
  const { witness, authorise, decide, asked } = undecided();
  const { listener, port } = await listen(t, { authorise });
  await dial(port, publishBytes('live', 'talk'));
  await asked;
  await listener.close();
  decide(true);
  t.match((await witness.ended()).ends, [{ orderly: false, reason: 'server closed' }]);
});

void t.test('disconnecting says why, ends the publish and closes', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  const { connection, ends } = await witness.publish();
  connection.disconnect('another publisher took over');
  connection.disconnect('twice');
  t.match(await publisher.nextStatus(), { code: 'NetStream.Failed', description: 'another publisher took over' });
  await publisher.closed;
  await witness.ended();
  connection.disconnect('afterwards');
  t.strictSame(ends, [{ orderly: false, reason: 'another publisher took over' }]);
});

void t.test('disconnecting while the decision is pending refuses', async (t) => {
  const { witness, authorise, decide, asked } = undecided();
  const { port } = await listen(t, { authorise });
  const publishing = publishRtmp({ port, name: 'talk' });
  (await asked).disconnect('never mind');
  await t.rejects(publishing, new RtmpRefused({ level: 'error', code: 'NetStream.Failed', description: 'never mind' }));
  decide(true);
  t.match((await witness.ended()).ends, [{ orderly: false, reason: 'never mind' }]);
});

void t.test('a publish that is over cannot disconnect the next one on its connection', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'one' });
  publisher.unpublish();
  const first = await witness.ended();
  t.match(await publisher.nextStatus(), { code: 'NetStream.Unpublish.Success' });
  publisher.sendCommand('publish', 6, null, 'two', 'live');
  t.match(await publisher.nextStatus(), { code: 'NetStream.Publish.Start' });
  first.connection.disconnect('the first session is over');
  publisher.sendAudio(aacSequenceHeader, 0);
  const second = await witness.publish(1);
  await witness.until(() => second.tags.length === 1, 'audio of the second publish');
  t.strictSame(second.ends, []);
  await publisher.close();
});

void t.test('closing tells every sink before it is done, and twice is once', async (t) => {
  const { listener, port, witness } = await listen(t);
  for (const name of ['one', 'two']) await publishRtmp({ port, name });
  await connectRtmp(port);
  const closing = listener.close();
  t.equal(listener.close(), closing);
  await closing;
  t.equal(listener.connections, 0);
  const ends = witness.publishes.flatMap((publish) => publish.ends);
  t.strictSame(
    ends,
    [0, 1].map(() => ({ orderly: false, reason: 'server closed' })),
  );
  const late = createConnection({ port, host: '127.0.0.1' });
  await t.rejects(new Promise((_, reject) => late.once('error', reject)), { code: 'ECONNREFUSED' });
});
