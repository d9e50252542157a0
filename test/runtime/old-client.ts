/** A client of the old shape gets what it always got, byte for byte (`test/fixtures/old-client`). */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { open, startHttp } from '../support/http-server.ts';
import { eventually } from '../support/processes.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';

const fixture = new URL('../fixtures/old-client/session.bin', import.meta.url);
const PING = 0x89;
const CLOSE = 0x88;
/** As an old client sends it; the key is that of RFC 6455, section 1.3. */
const upgrade = [
  'GET /sessions/talk/live?after=0 HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** Frames of a server, whole (RFC 6455, section 5.2): none here is longer than 64 KiB. */
function frames(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (at + 1 < bytes.length) {
    const short = bytes[at + 1] ?? 0;
    const length = short < 126 ? 2 + short : 4 + bytes.readUInt16BE(at + 2);
    found.push(bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

/** Everything that the server sends during a session in which all kinds of things happen. */
async function recorded(): Promise<Buffer> {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  session.final('early', 'Before anybody came.');
  await new Promise((resolve) => setImmediate(resolve));
  const socket = open(server.host);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(`${upgrade.join('\r\n')}\r\n\r\n`);
  const received = (): Buffer => Buffer.concat(chunks);
  const hears = (text: string): Promise<void> => eventually(text, () => received().includes(text));
  await hears('Before anybody came.');
  session.partial('a', 'ask not');
  await hears('"ask not"');
  session.partial('a', 'ask not what');
  await hears('"ask not what"');
  session.final('a', 'Ask not what your country can do for you — « ça » 日本語 😀 "quoted" \\ </script>');
  await hears('</script>');
  session.channel.setState('publisher_lost');
  session.channel.gap(5_000, 6_000, 'audio_lost');
  session.partial('b', 'noise');
  await hears('"noise"');
  session.partial('b', '');
  session.final('c', 'x'.repeat(300));
  await hears('xxx"');
  session.final('c', 'the same again');
  session.final('d', 'The end.');
  await hears('The end.');
  session.end();
  const closed = once(socket, 'close');
  await eventually('its close', () => frames(bodyOf(received())).some(([opcode]) => opcode === CLOSE));
  // The answer to the close, masked with zeros.
  socket.write(Buffer.from([CLOSE, 0x82, 0, 0, 0, 0, 3, 232]));
  await closed;
  return received();
}

const END_OF_HEAD = '\r\n\r\n';
const bodyOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length);

function withoutPings(bytes: Buffer): Buffer {
  const head = bytes.subarray(0, bytes.length - bodyOf(bytes).length);
  return Buffer.concat([head, ...frames(bodyOf(bytes)).filter(([opcode]) => opcode !== PING)]);
}

void t.test('an old client is sent the bytes that were recorded', async (t) => {
  const bytes = withoutPings(await recorded());
  if (process.env['RECORD'] === '1') await writeFile(fixture, bytes);
  const expected = await readFile(fixture);
  t.equal(bytes.toString('latin1'), expected.toString('latin1'));
  t.ok(bytes.equals(expected));
});

void t.test('what was recorded is the old shape and nothing else', async (t) => {
  const bytes = await readFile(fixture);
  const head = String(bytes.subarray(0, bytes.length - bodyOf(bytes).length));
  t.match(head, /^HTTP\/1\.1 101 /);
  t.notMatch(head, /Sec-WebSocket-(Protocol|Extensions)/i);
  const texts = frames(bodyOf(bytes)).filter(([opcode]) => opcode === 0x81);
  const messages = texts.map((frame) => JSON.parse(String(frame.subarray((frame[1] ?? 0) < 126 ? 2 : 4))) as object);
  t.equal(messages.length, 8);
  for (const message of messages) {
    t.strictSame(Object.keys(message), [
      'type',
      'sessionSlug',
      'utteranceId',
      'text',
      'isFinal',
      'language',
      'startMs',
      'endMs',
    ]);
    t.match(message, { type: 'transcript', sessionSlug: 'talk' });
  }
});
