import t from 'tap';
import { encodeMessage } from '../../../actors/rtmp/chunk-writer.ts';
import { aacSequenceHeader, aacSilence, connectRtmp, publishRtmp } from '../../support/rtmp-publisher.ts';
import type { RtmpPublisher } from '../../support/rtmp-publisher.ts';
import { listen } from './harness.ts';

/** Types of the server's messages so far, acknowledgements left out. */
function types(publisher: RtmpPublisher): number[] {
  return publisher.received.map((message) => message.type).filter((type) => type !== 3);
}

function sendAudio(publisher: RtmpPublisher): void {
  publisher.sendAudio(aacSequenceHeader, 0);
  publisher.sendAudio(aacSilence, 21);
}

void t.test('connect is answered with windows and chunk size before its result', async (t) => {
  const { port } = await listen(t);
  const publisher = await connectRtmp(port);
  publisher.sendCommand('connect', 7, { app: 'live' });
  const [, transaction, server, info] = await publisher.command('_result');
  t.strictSame(types(publisher), [5, 6, 20], 'beside the chunk size, without which the result could not be read');
  t.equal(transaction, 7);
  t.match(server, { fmsVer: String, capabilities: Number });
  t.match(info, { level: 'status', code: 'NetConnection.Connect.Success', objectEncoding: 0 });
  t.notOk(info !== null && typeof info === 'object' && 'capsEx' in info);
  publisher.abort();
});

void t.test('a sender of enhanced RTMP hears which codecs are understood', async (t) => {
  const { port } = await listen(t);
  const publisher = await connectRtmp(port);
  publisher.sendCommand('connect', 1, { app: 'live', fourCcList: ['Opus'], capsEx: 15 });
  const info = (await publisher.command('_result'))[3];
  t.match(info, { audioFourCcInfoMap: { mp4a: 1, Opus: 1, '.mp3': 1 }, capsEx: 4 });
  publisher.abort();
});

void t.test('publish begins the stream and then says so, and audio arrives', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await publishRtmp({ port, app: 'live/', name: 'talk?token=a-b' });
  const streamBegin = publisher.received.find((message) => message.type === 4);
  t.strictSame(streamBegin?.body, Buffer.from('000000000001', 'hex'));
  t.match(publisher.commands.at(-1), ['onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' }]);
  sendAudio(publisher);
  const { request, tags } = await witness.publish();
  await witness.until(() => tags.length === 2, 'two tags');
  t.strictSame(request, { app: 'live', name: 'talk', token: 'a-b', query: 'token=a-b', remoteAddress: '127.0.0.1' });
  t.strictSame(tags[1], { codec: 'aac', config: false, timestampMs: 21, body: aacSilence });
  await publisher.close();
});

void t.test('FCPublish is answered twice, with its own transaction', async (t) => {
  const { port } = await listen(t);
  const publisher = await connectRtmp(port);
  publisher.sendCommand('releaseStream', 2, null, 'talk');
  publisher.sendCommand('FCPublish', 3, null, 'talk');
  t.strictSame((await publisher.command('onFCPublish')).slice(0, 2), ['onFCPublish', 3]);
  const results = publisher.commands.filter(([name]) => name === '_result').map(([, transaction]) => transaction);
  t.strictSame(results, [2, 3]);
  publisher.abort();
});

void t.test('transaction 0 wants no result and breaks nothing', async (t) => {
  const { port } = await listen(t);
  const publisher = await connectRtmp(port);
  for (const name of ['releaseStream', 'FCPublish', 'getStreamLength']) publisher.sendCommand(name, 0, null, 'talk');
  publisher.sendCommand('createStream', 9, null);
  t.strictSame(await publisher.command('_result'), ['_result', 9, null, 1]);
  publisher.abort();
});

void t.test('playing and unknown commands fail, and the connection goes on', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await connectRtmp(port);
  publisher.sendCommand('connect', 1, { app: 'live' });
  publisher.sendCommand('play', 2, null, 'talk');
  t.match(await publisher.nextStatus(), { level: 'error', code: 'NetStream.Failed' });
  publisher.sendCommand('_checkbw', 3, null);
  t.strictSame((await publisher.command('_error'))[1], 3);
  publisher.sendCommand('publish', 4, null, 'talk', 'live');
  t.match(await publisher.nextStatus(), { code: 'NetStream.Publish.Start' });
  t.equal((await witness.publish()).request.name, 'talk');
  await publisher.close();
});

const goodbyes: Record<string, unknown[]> = {
  FCUnpublish: ['FCUnpublish', 6, null, 'talk'],
  'deleteStream with a number': ['deleteStream', 6, null, 1],
  'deleteStream with a name': ['deleteStream', 0, null, 'talk'],
  closeStream: ['closeStream', 0, null],
};

for (const [title, command] of Object.entries(goodbyes)) {
  void t.test(`${title} ends the publish in order, and another may follow on the connection`, async (t) => {
    const { port, witness } = await listen(t);
    const publisher = await publishRtmp({ port, name: 'talk' });
    publisher.sendCommand(...(command as string[]));
    t.strictSame((await witness.ended()).ends, [{ orderly: true, reason: command[0] }]);
    t.match(await publisher.nextStatus(), { level: 'status', code: 'NetStream.Unpublish.Success' });
    publisher.sendCommand('publish', 7, null, 'more', 'live');
    t.match(await publisher.nextStatus(), { code: 'NetStream.Publish.Start' });
    sendAudio(publisher);
    const second = await witness.publish(1);
    await witness.until(() => second.tags.length === 2, 'audio of the second publish');
    await publisher.close();
    t.equal((await witness.ended(1)).ends.length, 1);
    t.equal((await witness.ended(0)).ends.length, 1, 'the first is told once');
  });
}

void t.test('deleting another stream ends nothing', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  publisher.sendCommand('createStream', 8, null);
  publisher.sendCommand('deleteStream', 9, null, 2);
  sendAudio(publisher);
  const { tags, ends } = await witness.publish();
  await witness.until(() => tags.length === 2, 'two tags');
  t.strictSame(ends, []);
  await publisher.close();
});

void t.test('a second publish on a connection is refused, and the first goes on', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  publisher.sendCommand('publish', 5, null, 'other', 'live');
  t.match(await publisher.nextStatus(), { level: 'error', code: 'NetStream.Publish.BadName' });
  sendAudio(publisher);
  const { tags } = await witness.publish();
  await witness.until(() => tags.length === 2, 'two tags');
  t.equal(witness.publishes.length, 1);
  await publisher.close();
});

void t.test('a ping is answered with its own time, other control messages are left alone', async (t) => {
  const { port } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  const control = (type: number, body: string): void =>
    publisher.sendBytes(encodeMessage({ chunkStreamId: 2, type, streamId: 0, body: Buffer.from(body, 'hex') }, 128));
  for (const body of ['', '0003', '00030000000100000bb8', '001f00000001']) control(4, body);
  control(6, '0026259f02');
  control(6, '');
  control(5, '');
  control(3, '00');
  control(4, '0006 0000abcd'.replace(' ', ''));
  publisher.sendCommand('_checkbw', 3, null);
  await publisher.command('_error');
  const answers = publisher.received.filter((message) => message.type === 4).map(({ body }) => body.toString('hex'));
  t.strictSame(answers, ['000000000001', '00070000abcd']);
  await publisher.close();
});

void t.test('a publisher that is cut off counts as lost, once', async (t) => {
  const { port, witness } = await listen(t);
  const publisher = await publishRtmp({ port, name: 'talk' });
  await witness.publish();
  publisher.abort();
  t.match((await witness.ended()).ends, [{ orderly: false, reason: 'ECONNRESET' }]);
});
