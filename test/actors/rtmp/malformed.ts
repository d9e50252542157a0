/**
 * Every input that ended or bloated another RTMP server (see the README of actors/rtmp), sent to one listener in a process of its own
 * while another publisher goes on.
 */
import t from 'tap';
import { encodeAmf0 } from '../../../actors/rtmp/amf0-encode.ts';
import { encodeMessage, userControl, UserControl } from '../../../actors/rtmp/chunk-writer.ts';
import { commandBytes, connectRtmp, messageBytes } from '../../support/rtmp-publisher.ts';
import { setChunkSize } from './harness-chunks.ts';
import { startListenerProgram } from './harness-program.ts';
import { until } from './harness.ts';

const MEBIBYTE = 1024 * 1024;
const MAX_COST_BYTES = 20 * MEBIBYTE;

const program = await startListenerProgram();
t.teardown(() => program[Symbol.asyncDispose]());

const connect = commandBytes('connect', 1, { app: 'live' });
const publish = Buffer.concat([connect, commandBytes('createStream', 2, null), commandBytes('publish', 3, null, 'x')]);
const command = (...parts: Buffer[]): Buffer => messageBytes(20, Buffer.concat(parts));
const ping = encodeMessage(userControl(UserControl.pingRequest, 99), 128);
/** A strict array in a strict array in a strict array, 5 bytes each. */
const nested = (depth: number): Buffer => Buffer.alloc(depth * 5, Buffer.of(10, 0, 0, 0, 1));

/** What the peer sends after its handshake, and what becomes of it: it is served further, or closed. */
const inputs: [title: string, becomes: 'served' | 'closed', bytes: Buffer][] = [
  ['connect with an empty object', 'served', commandBytes('connect', 1, {})],
  ['connect without tcUrl', 'served', connect],
  ['connect with a tcUrl that is no URL', 'served', commandBytes('connect', 1, { app: 'live', tcUrl: ':::' })],
  ['connect with null in the place of its object', 'served', commandBytes('connect', 1, null)],
  ['publish without a name', 'served', Buffer.concat([connect, commandBytes('publish', 3, null)])],
  ['a command without a name', 'served', command()],
  ['a number that is cut short', 'closed', command(encodeAmf0('connect', 1).subarray(0, -3))],
  ['a strict array of 2^32-1 elements', 'closed', command(encodeAmf0('connect', 1), Buffer.from('0affffffff', 'hex'))],
  ['arrays nested 13,000 deep', 'closed', command(encodeAmf0('connect', 1), nested(13_000))],
  ['arrays nested 100,000 deep', 'closed', command(encodeAmf0('connect', 1), nested(100_000))],
  ['a chunk size without a size', 'served', messageBytes(1, Buffer.alloc(0))],
  ['a chunk size of 0', 'closed', setChunkSize(0)],
  ['a chunk size of 2^31', 'closed', setChunkSize(2 ** 31)],
  ['video of no bytes', 'served', Buffer.concat([publish, messageBytes(9, Buffer.alloc(0))])],
  ['audio of no bytes', 'served', Buffer.concat([publish, messageBytes(8, Buffer.alloc(0))])],
  ['data of no bytes', 'served', Buffer.concat([publish, messageBytes(18, Buffer.alloc(0))])],
  ['an aggregate of no bytes', 'served', Buffer.concat([publish, messageBytes(22, Buffer.alloc(0))])],
  [
    'garbage behind onMetaData',
    'served',
    Buffer.concat([publish, messageBytes(18, Buffer.concat([encodeAmf0('onMetaData'), Buffer.alloc(900, 0xff)]))]),
  ],
];

/** Resolves with what became of a peer that sends these bytes. */
async function send(bytes: Buffer): Promise<'served' | 'closed'> {
  const peer = await connectRtmp(program.port);
  const isPong = ({ type, body }: { type: number; body: Buffer }): boolean =>
    type === 4 && body[1] === UserControl.pingResponse;
  peer.sendBytes(Buffer.concat([bytes, ping]));
  let closed = false;
  void peer.closed.then(() => (closed = true));
  await until(() => closed || peer.received.some(isPong), 'an answer or the end');
  peer.abort();
  return closed ? 'closed' : 'served';
}

// Once before anything is measured, so that code is compiled and pools are filled.
for (const [, , bytes] of inputs) await send(bytes);

for (const [title, becomes, bytes] of inputs) {
  void t.test(`${title}: the peer is ${becomes}, nobody else notices`, async (t) => {
    await program.rest();
    t.equal(await send(bytes), becomes);
    const report = await program.steadyGoesOn();
    t.strictSame([report.steadyEnds, report.faults], [[], []]);
    t.ok(report.peakRss - report.restingRss < MAX_COST_BYTES, `${report.peakRss - report.restingRss} bytes at most`);
    t.ok(report.live - report.restingLive < MEBIBYTE, `${report.live - report.restingLive} bytes afterwards`);
  });
}
