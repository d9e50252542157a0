/** The protocol page's examples have exactly the fields of what a session sends, for every kind of message. */
import { once } from 'node:events';
import t from 'tap';
import { WebSocket } from 'ws';
import { closeCodes } from '../../actors/wire/close-codes.ts';
import { read } from '../support/docs.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';

type Message = Record<string, unknown> & { type: string };

const page = read('actors/wire/README.md');
const examples = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, json = '']) => JSON.parse(json) as Message);

/** Names and types of all fields; of a list, those of its first entry. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return [shape(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
}

/** Everything that one viewer of a session of all kinds of messages is told. */
async function everything(protocol: string[]): Promise<Message[]> {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const session = sessions.start('talk');
  const socket = new WebSocket(`ws://${server.host}/sessions/talk/live`, protocol);
  const told: Message[] = [];
  const heard = async (...types: string[]): Promise<void> => {
    while (!told.some(({ type }) => types.includes(type))) await once(socket, 'message');
  };
  const closed = once(socket, 'close');
  socket.on('message', (data) => told.push(JSON.parse((data as Buffer).toString()) as Message));
  await once(socket, 'open');
  const identity = { engineSession: 'script', utterance: '1', channel: 0, language: 'en' };
  const said = { ...identity, text: 'ask not', startMs: 10, endMs: 900 };
  session.channel.sink.partial(said);
  await heard('transcript_partial', 'transcript');
  session.channel.sink.final({ ...said, words: [{ text: 'ask', startMs: 10, endMs: 400, estimated: true }] });
  session.channel.gap(1_000, 2_000, 'audio_lost');
  session.channel.setState('publisher_lost');
  socket.send('what?');
  if (protocol.length > 0) {
    await heard('error');
    socket.send('{"type":"ai_acquire"}');
    await heard('ai_lease');
    const fence = told.find(({ type }) => type === 'ai_lease')?.['fence'];
    const data = { summary: 'An appeal to give.' };
    socket.send(JSON.stringify({ type: 'ai_insight', fence, upToOffset: 2, data }));
    await heard('ai_insight');
  }
  session.end();
  await closed;
  return told;
}

void t.test('every message of captiond.v2 stands on the page as it is sent', async (t) => {
  const told = await everything(['captiond.v2']);
  const types = new Set(told.map(({ type }) => type));
  for (const type of types) {
    const example = examples.find((candidate) => candidate.type === type);
    const sent = told.find((message) => message.type === type);
    t.strictSame(shape(example), shape(sent), type);
  }
  t.strictSame(
    [...types].toSorted(),
    examples
      .map(({ type }) => type)
      .filter((type) => type !== 'transcript')
      .toSorted(),
  );
});

void t.test('the old shape stands on the page as it is sent, and nothing else is sent', async (t) => {
  const told = await everything([]);
  t.strictSame([...new Set(told.map(({ type }) => type))], ['transcript']);
  t.strictSame(shape(examples.find(({ type }) => type === 'transcript')), shape(told[0]));
});

void t.test('every close code stands on the page', (t) => {
  for (const code of Object.values(closeCodes)) t.match(page, new RegExp(`\\| ${code} `));
  t.end();
});
