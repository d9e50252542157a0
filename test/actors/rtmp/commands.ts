import t from 'tap';
import { encodeAmf0 } from '../../../actors/rtmp/amf0-encode.ts';
import type { Amf0Value } from '../../../actors/rtmp/amf0.ts';
import { parseCommand } from '../../../actors/rtmp/commands.ts';
import type { Command } from '../../../actors/rtmp/commands.ts';
import { parseStreamName } from '../../../actors/rtmp/stream-name.ts';

function parse(...values: Amf0Value[]): Command {
  return parseCommand({ type: 20, streamId: 0, timestamp: 0, body: encodeAmf0(...values) });
}

void t.test('connect needs no field to be there', async (t) => {
  const nothing = { name: 'connect', transactionId: 1, app: '', enhanced: false } as const;
  t.strictSame(parse('connect', 1), nothing);
  t.strictSame(parse('connect', 1, null), nothing);
  t.strictSame(parse('connect', 1, {}), nothing);
  t.strictSame(parse('connect', 1, 'live'), nothing);
  t.strictSame(parse('connect', 1, { app: 5, tcUrl: 'no URL at all' }), nothing);
  t.strictSame(parse('connect', null, { app: 'live' }), { ...nothing, transactionId: 0, app: 'live' });
});

void t.test('a sender of enhanced RTMP is known by what its connect offers', async (t) => {
  for (const key of ['fourCcList', 'audioFourCcInfoMap', 'capsEx']) {
    t.match(parse('connect', 1, { app: 'live', [key]: ['Opus'] }), { enhanced: true }, key);
  }
});

void t.test('publish without a name has an empty one', async (t) => {
  t.strictSame(parse('publish', 0), { name: 'publish', transactionId: 0, stream: '' });
  t.strictSame(parse('publish', 5, null, 7), { name: 'publish', transactionId: 5, stream: '' });
  t.strictSame(parse('publish', 5, null, 'talk', 'record'), { name: 'publish', transactionId: 5, stream: 'talk' });
});

void t.test('deleteStream takes a number, or the name that GStreamer gives', async (t) => {
  t.strictSame(parse('deleteStream', 6, null, 1), { name: 'deleteStream', transactionId: 6, streamId: 1 });
  t.strictSame(parse('deleteStream', 0, null, 'talk'), { name: 'deleteStream', transactionId: 0, streamId: undefined });
});

void t.test('a command of type 17 has one byte in front and is AMF0 all the same', async (t) => {
  const body = Buffer.concat([Buffer.of(0), encodeAmf0('createStream', 2, null)]);
  const command = parseCommand({ type: 17, streamId: 0, timestamp: 0, body });
  t.strictSame(command, { name: 'createStream', transactionId: 2 });
  t.match(parseCommand({ type: 17, streamId: 0, timestamp: 0, body: Buffer.alloc(0) }), { name: 'unknown' });
});

void t.test('answers are no questions, and whatever else is asked is unknown', async (t) => {
  for (const name of ['_result', '_error', 'onStatus', 'onBWDone']) t.strictSame(parse(name, 1), { name: 'answer' });
  t.strictSame(parse('getStreamLength', 9, null, 'talk'), {
    name: 'unknown',
    transactionId: 9,
    command: 'getStreamLength',
  });
  t.match(parse(), { name: 'unknown', command: '' });
  t.match(parse({ name: 'connect' }), { name: 'unknown', command: '' });
});

const names: [app: string, name: string, ...expected: ReturnType<typeof parseStreamName>[]][] = [
  ['live', 'talk', { app: 'live', name: 'talk', token: undefined, query: '' }],
  ['live/', 'talk?token=a.b-c_d', { app: 'live', name: 'talk', token: 'a.b-c_d', query: 'token=a.b-c_d' }],
  ['live?token=x', 'talk', { app: 'live', name: 'talk', token: 'x', query: 'token=x' }],
  ['live/?token=x', 'talk?token=y', { app: 'live', name: 'talk', token: 'y', query: 'token=y&token=x' }],
  ['a/b', 'key?x=1', { app: 'a/b', name: 'key', token: undefined, query: 'x=1' }],
  ['key', '', { app: 'key', name: '', token: undefined, query: '' }],
  ['', 'schlüssel/🎙?token=%F0%9F%8E%99', { app: '', name: 'schlüssel/🎙', token: '🎙', query: 'token=%F0%9F%8E%99' }],
  ['live', 'talk?token=%zz?token=2', { app: 'live', name: 'talk', token: '%zz?token=2', query: 'token=%zz?token=2' }],
];

for (const [app, name, expected] of names) {
  void t.test(`the application "${app}" and the name "${name}" are taken apart`, async (t) => {
    t.strictSame(parseStreamName(app, name), expected);
  });
}
