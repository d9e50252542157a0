/** Recorded streams changed at random, what becomes of them, and the corpus of those worth keeping. */
import { readdirSync, readFileSync } from 'node:fs';
import { encodeAmf0 } from '../../../actors/rtmp/amf0-encode.ts';
import { ChunkReader } from '../../../actors/rtmp/chunks.ts';
import { defaultRtmpLimits } from '../../../actors/rtmp/limits.ts';
import { clientHandshake, messageBytes, publishBytes } from '../../support/rtmp-publisher.ts';
import { chunk, setChunkSize } from './harness-chunks.ts';
import { fixture, fixtureNames, startReplay } from './harness.ts';
import type { Witness } from './harness.ts';

const HANDSHAKE_BYTES = clientHandshake.length;
/** Enough of a recording for everything up to `publish` and a few dozen media messages. */
const SEED_BYTES = 16 * 1024;
export const corpusFolder = new URL('../../fixtures/rtmp/corpus/', import.meta.url);

/** A stream without its handshake, and where in it messages begin. */
export interface SeedStream {
  name: string;
  bytes: Buffer;
  messageStarts: number[];
}

/** The recordings' beginnings, and one of what no recording holds: enhanced audio, aggregates, extended timestamps. */
export function seedStreams(): SeedStream[] {
  const recorded = fixtureNames.map((name) => ({ name, bytes: fixture(name).subarray(HANDSHAKE_BYTES, SEED_BYTES) }));
  return [...recorded, { name: 'written', bytes: writtenStream() }].map(({ name, bytes }) => ({
    name,
    bytes,
    messageStarts: messageStarts(bytes),
  }));
}

const MP4A = '6d703461';
const OPUS = '4f707573';
const writtenAudio = [
  `90 ${MP4A} 1190`,
  `91 ${MP4A} 2110`,
  `90 ${OPUS} 4f707573`,
  `91 ${OPUS} fc01`,
  `97 02 aabbcc 01 ${OPUS} fc02`,
  `95 10 ${MP4A} 02 000002 1210 00 000002 1190`,
  `95 21 ${OPUS} 01 000002 fc01 ${MP4A} 00 000002 2110`,
  'af00 1190',
  'af01 2110',
  '2f 01',
  'ff 00',
  '',
];
const writtenAggregate = [
  '08 000004 000000 00 000000 af002110 0000000f',
  '09 000001 000015 00 000000 17 0000000c',
  '08 000004 00002a 00 000000 af012110 0000000f',
];

function writtenStream(): Buffer {
  const message = (type: number, hex: string): Buffer =>
    messageBytes(type, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  const long = { format: 0, id: 4, time: 0xffffff, extended: 0x1000000 } as const;
  return Buffer.concat([
    publishBytes('live', 'written').subarray(HANDSHAKE_BYTES),
    ...writtenAudio.map((hex) => message(8, hex)),
    message(22, writtenAggregate.join('')),
    messageBytes(18, encodeAmf0('@setDataFrame', 'onMetaData', { audiocodecid: 10, list: [1, null, 'x'] })),
    setChunkSize(100),
    chunk({ ...long, length: 300, payload: Buffer.alloc(100, 0xaf) }),
    ...[1, 2].map(() => chunk({ format: 3, id: 4, extended: long.extended, payload: Buffer.alloc(100, 0xaf) })),
    chunk({ ...long, format: 1, payload: Buffer.alloc(4, 0xaf) }),
    chunk({ format: 2, id: 4, time: 21, payload: Buffer.alloc(4, 0xaf) }),
  ]);
}

function messageStarts(bytes: Buffer): number[] {
  const starts = [0];
  let at = 0;
  const end = (): void => void starts.push(at + 1);
  const reader = new ChunkReader({ message: end, skipped: end }, defaultRtmpLimits);
  for (; at < bytes.length; at += 1) reader.push(bytes.subarray(at, at + 1), at);
  return starts.filter((start) => start < bytes.length);
}

type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const oddBytes = [0x00, 0x01, 0x7f, 0x80, 0xff];

type Mutation = (bytes: Buffer, random: Random, starts: number[]) => Buffer;

const mutations: Mutation[] = [
  function flipBit(bytes, random) {
    const at = below(random, bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    return bytes;
  },
  function setBytes(bytes, random) {
    const at = below(random, bytes.length);
    bytes.subarray(at, at + 1 + below(random, 4)).fill(oddBytes[below(random, oddBytes.length)] ?? 0);
    return bytes;
  },
  /** Basic header, time, length, type or stream of a message: one field, or a part of it. */
  function changeHeader(bytes, random, starts) {
    const at = (starts[below(random, starts.length)] ?? 0) + below(random, 12);
    const odd = random() < 0.5 ? below(random, 256) : (oddBytes[below(random, oddBytes.length)] ?? 0);
    bytes.subarray(at, at + 1 + below(random, 3)).fill(odd);
    return bytes;
  },
  function remove(bytes, random) {
    const at = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(random, 200))]);
  },
  function repeat(bytes, random) {
    const at = below(random, bytes.length);
    const end = at + 1 + below(random, 400);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  function insert(bytes, random) {
    const at = below(random, bytes.length);
    const noise = Buffer.from(Array.from({ length: 1 + below(random, 20) }, () => below(random, 256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  function swap(bytes, random, starts) {
    const [first = 0, second = 0] = [below(random, starts.length), below(random, starts.length)].toSorted(
      (a, b) => a - b,
    );
    const cuts = [0, starts[first], starts[first + 1], starts[second], starts[second + 1], bytes.length];
    const [a = 0, b = 0, c = b, d = c, e = d, f = e] = cuts.map((cut) => cut ?? bytes.length);
    return Buffer.concat(
      [
        [a, b],
        [d, e],
        [c, d],
        [b, c],
        [e, f],
      ].map(([from, to]) => bytes.subarray(from, to)),
    );
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, 1 + below(random, bytes.length));
  },
];

/** One to four changes; half of the time to the first two kilobytes, where all of the commands are. */
export function mutate(seed: SeedStream, random: Random): Buffer {
  const early = random() < 0.5;
  const head = Buffer.from(early ? seed.bytes.subarray(0, 2048) : seed.bytes);
  let bytes: Buffer = head;
  const starts = seed.messageStarts.filter((start) => start < head.length);
  for (let left = 1 + below(random, 4); left > 0 && bytes.length > 0; left -= 1) {
    bytes = mutations[below(random, mutations.length)]?.(bytes, random, starts) ?? bytes;
  }
  return early ? Buffer.concat([bytes, seed.bytes.subarray(2048)]) : bytes;
}

/** What became of a stream; `fault` says what must never be. */
export interface Outcome {
  witness: Witness;
  /** Why the listener closed, without its numbers, and what it had heard till then; fit to be a file's name. */
  ending: string;
  fault: string | undefined;
  /** Segments that were taken before the connection was closed. */
  taken: number;
}

/** Plays a stream; `beside` is called between any two segments. */
export async function play(segments: Iterable<Buffer>, beside: () => void = () => undefined): Promise<Outcome> {
  const { connection, witness, push, end } = await startReplay();
  push(clientHandshake);
  let buffered = 0;
  let taken = 0;
  for (const segment of segments) {
    taken += 1;
    if (!push(segment)) break;
    buffered = Math.max(buffered, connection.bufferedBytes);
    beside();
  }
  await end();
  return { witness, ending: endingOf(witness), fault: faultOf(witness, buffered), taken };
}

function endingOf({ logged, publishes, counts }: Witness): string {
  const reason = logged.find(({ fields }) => fields?.['reason'] !== undefined)?.fields?.['reason'];
  const audio = [...counts.keys()].filter((count) => count.startsWith('audio_')).toSorted();
  const ending = typeof reason === 'string' ? [reason.replaceAll(/\b\d+\b/g, 'n')] : ['taken', ...audio];
  const times = ['before publish', 'in a publish'][publishes.length] ?? 'in a later publish';
  return [...ending, times]
    .join(' ')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
}

function faultOf({ logged, publishes }: Witness, buffered: number): string | undefined {
  const error = logged.find(({ level }) => level === 'error');
  if (error !== undefined)
    return `an error that is not the peer's: ${error.message} ${String(error.fields?.['error'])}`;
  if (publishes.some(({ ends }) => ends.length !== 1)) return 'a sink that was not told of its end exactly once';
  if (buffered > defaultRtmpLimits.maxUnfinishedBytes + SEED_BYTES) return `${buffered} bytes were kept`;
  const tags = publishes.flatMap((publish) => publish.tags);
  const odd = tags.find(({ body, timestampMs }) => body.length === 0 || !Number.isSafeInteger(timestampMs));
  return odd === undefined ? undefined : `an odd tag: ${JSON.stringify(odd)}`;
}

/** Inputs that were worth keeping, without a handshake; the name says what becomes of them. */
export function corpus(): { name: string; bytes: Buffer }[] {
  const files = readdirSync(corpusFolder).filter((file) => file.endsWith('.bin'));
  return files
    .toSorted()
    .map((file) => ({ name: file.slice(0, -4), bytes: readFileSync(new URL(file, corpusFolder)) }));
}
