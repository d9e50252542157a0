/**
 * What viewers might send, changed at random: nothing throws, the answers are those of the protocol, nothing is kept for
 * the sender beyond its bounds, and a viewer beside it gets everything in time and in order.
 */
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import t from 'tap';
import type { WebSocket } from 'ws';
import type { ViewerLine } from '../../actors/viewers/line.ts';
import { closeCodes } from '../../actors/wire/close-codes.ts';
import type { Close } from '../../actors/wire/close-codes.ts';
import { errors } from '../../machines/errors.ts';
import { changeJson, changeLines, changeText } from '../support/fuzz/mutate-text.ts';
import { corpusOf, runFuzz } from '../support/fuzz/run-fuzz.ts';
import type { Ending } from '../support/fuzz/run-fuzz.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';
import { view } from '../support/viewer-sockets.ts';

const seeds = [
  [
    '{"type":"ai_acquire"}',
    '{"type":"ai_renew","fence":1}',
    '{"type":"ai_insight","fence":1,"upToOffset":1,"data":{"summary":"all is well","tags":["a","b"]}}',
    '{"type":"ai_release","fence":1}',
  ],
  ['{"type":"ai_insight","fence":0,"upToOffset":0,"data":null}', '{"type":"ai_acquire"}', '{"type":"weather"}'],
  ['{"type":"ai_acquire"}', '{"type":"ai_release","fence":1}', '{"type":"ai_renew","fence":1}', '[]', 'hello'],
].map((lines) => lines.join('\n'));

const types = new Set([
  ...['session', 'transcript_partial', 'transcript_final', 'gap', 'session_state', 'session_end'],
  ...['ai_lease', 'ai_insight', 'error'],
]);
const codes = new Set<number>(Object.values(closeCodes));
/** Frames of what one input is answered with. */
const ANSWERS_MAX_BYTES = 512 * 1_024;

interface Message {
  type: string;
  code?: string;
  offset?: number;
}

/** Messages in unmasked text frames as the server writes them (RFC 6455, section 5.2). */
function messagesIn(frames: readonly Buffer[]): Message[] {
  const bytes = Buffer.concat(frames);
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const [first = 0, short = 0] = bytes.subarray(at, at + 2);
    const opcode = first & 15;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const payload = bytes.subarray(at + head, at + head + length);
    if (opcode === 1 && !isUtf8(payload)) throw new Error('a text that is no UTF-8');
    if (opcode === 1) messages.push(JSON.parse(payload.toString()) as Message);
    at += head + length;
  }
  return messages;
}

/** A line without a network; keeps what is written to it. */
function newLine() {
  const frames: Buffer[] = [];
  const state: { close: Close | undefined } = { close: undefined };
  const line: ViewerLine = {
    protocol: 'v2',
    confirms: false,
    waitingBytes: 0,
    listener: undefined,
    get isOpen() {
      return state.close === undefined;
    },
    write: (bytes) => void frames.push(...bytes),
    writeOne: (bytes) => void frames.push(bytes),
    afterFlush: (done) => setImmediate(done),
    ping: () => {},
    end: (close) => void (state.close ??= close),
    terminate: () => void (state.close ??= { code: 1006, reason: '' }),
  };
  return { line, frames, state };
}

const sessions = new ScriptedSessions();
const talk = sessions.start('talk');
const live = { after: undefined, partials: true, scopes: new Set(['view', 'ai']) };
const beside = newLine();
sessions.attach('talk', beside.line, live);
let said = 0;

/** What is wrong with what the sender and its neighbour were told. */
function faultOf(sender: ReturnType<typeof newLine>): string | undefined {
  const told = messagesIn(sender.frames);
  const odd = told.find(
    ({ type, code }) => !types.has(type) || (type === 'error' && !Object.hasOwn(errors, code ?? '')),
  );
  if (odd !== undefined) return `an answer that the protocol does not know: ${JSON.stringify(odd)}`;
  const { close } = sender.state;
  if (close !== undefined && !codes.has(close.code)) return `a close with ${close.code}`;
  const bytes = sender.frames.reduce((sum, { length }) => sum + length, 0);
  if (bytes > ANSWERS_MAX_BYTES) return `answers of ${bytes} bytes`;
  const heard = messagesIn(beside.frames).filter(({ type }) => type === 'transcript_final');
  if (heard.length !== 1) return `a neighbour that was told ${heard.length} finals of one`;
  if (beside.state.close !== undefined) return 'a neighbour that was closed';
  return Object.keys(Object.prototype).length > 0 || 'polluted' in {} ? 'a prototype was changed' : undefined;
}

async function run(input: string): Promise<Ending> {
  const sender = newLine();
  beside.frames.length = 0;
  try {
    sessions.attach('talk', sender.line, live);
    for (const text of input.split('\n')) sender.line.listener?.heard(text, Buffer.byteLength(text));
    talk.final(`u${(said += 1)}`, `said ${said}`);
    for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
    sender.line.listener?.closed();
    const codesTold = new Set(messagesIn(sender.frames).map(({ type, code }) => code ?? type));
    const ending = [...codesTold].toSorted().join(' ');
    return { ending: `${ending} ${sender.state.close?.reason ?? ''}`, fault: faultOf(sender) };
  } catch (error) {
    return { ending: 'thrown', fault: String(error) };
  }
}

void t.test('what viewers send, changed at random', async (t) => {
  const change = (line: string, random: () => number): string =>
    random() < 0.7 ? changeJson(line, random) : changeText(line, random);
  const mutate = (text: string, random: () => number): string => changeLines(text, random, change);
  await runFuzz(t, { name: 'viewer-messages', seeds, mutate, run, cases: 5_000 });
});

async function sendAll(socket: WebSocket, texts: readonly string[], isBinary: boolean): Promise<void> {
  const closed = once(socket, 'close');
  for (const text of texts) if (socket.readyState === socket.OPEN) socket.send(Buffer.from(text), { binary: isBinary });
  socket.close();
  await closed;
}

void t.test('every stored input over a real socket, as text and as bytes', async (t) => {
  const own = new ScriptedSessions();
  const session = own.start('talk');
  await using server = await startHttp({ directory: own });
  const other = await view(server.host);
  for (const [file, input] of corpusOf('viewer-messages')) {
    for (const isBinary of [false, true]) {
      const { socket, told } = await view(server.host);
      await sendAll(socket, input.split('\n'), isBinary);
      t.ok(
        told.every(({ type }) => types.has(type)),
        file,
      );
    }
  }
  session.final('a', 'said 1');
  t.match(await other.hears(({ type }) => type === 'transcript_final'), { text: 'said 1' });
  other.socket.terminate();
  t.notMatch(server.lines.join(''), /"level":"error"/);
});
