import t from 'tap';
import type { AudioTag } from '../../../actors/ports.ts';
import { AudioTags } from '../../../actors/rtmp/audio-tags.ts';
import type { RtmpCount } from '../../../actors/rtmp/counts.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const text = (value: string): string => Buffer.from(value, 'latin1').toString('hex');
/** An enhanced message: SoundFormat 9, AudioPacketType, and what follows, in hexadecimal. */
const enhanced = (packetType: number, ...rest: string[]): Buffer => hex(`9${packetType.toString(16)}` + rest.join(''));

interface Heard {
  tags: AudioTag[];
  counts: RtmpCount[];
  audio: AudioTags;
}

function hear(...bodies: Buffer[]): Heard {
  const tags: AudioTag[] = [];
  const counts: RtmpCount[] = [];
  const audio = new AudioTags(
    (tag) => void tags.push(tag),
    (count) => void counts.push(count),
  );
  bodies.forEach((body, index) => audio.audio(body, index * 21));
  return { tags, counts, audio };
}

/** Codec, config and body of each tag. */
const brief = ({ tags }: Heard): string[] =>
  tags.map((tag) => `${tag.codec}${tag.config ? ' config' : ''} ${tag.body.toString('hex')}`);

const MP4A = text('mp4a');
const OPUS = text('Opus');
const head = `${text('OpusHead')}0102380180bb0000000000`;

void t.test('nothing of AAC passes before a sequence header', async (t) => {
  const heard = hear(hex('af01 2110'), hex('af00 1190'), hex('af01 2110'));
  t.strictSame(brief(heard), ['aac config af001190', 'aac af012110']);
  t.strictSame(heard.counts, ['audio_without_config']);
});

void t.test('a repeated sequence header is left out, another one passes', async (t) => {
  const heard = hear(hex('af00 1190'), hex('af00 1190'), hex('af01 00'), hex('af00 1210'), hex('af00 1210'));
  t.strictSame(brief(heard), ['aac config af001190', 'aac af0100', 'aac config af001210']);
});

void t.test('what holds no audio is left out', async (t) => {
  const empty = [hex(''), hex('af'), hex('af00'), hex('af01'), hex('af02 1190'), hex('af00 11')];
  t.strictSame(brief(hear(hex('af00 1190'), ...empty)), ['aac config af001190']);
});

void t.test('the other legacy codecs pass as they are', async (t) => {
  const codecs: [string, string][] = [
    ['2f', 'mp3'],
    ['3f', 'pcm'],
    ['0f', 'pcm'],
    ['7f', 'g711-alaw'],
    ['8f', 'g711-ulaw'],
    ['bf', 'speex'],
    ['ef', 'mp3'],
  ];
  for (const [first, codec] of codecs) t.strictSame(brief(hear(hex(`${first}0102`))), [`${codec} ${first}0102`]);
});

void t.test('a legacy codec that no decoder is fed with is counted', async (t) => {
  for (const first of ['1f', '4f', '5f', '6f', 'cf', 'df', 'ff']) {
    const heard = hear(hex(`${first}0102`));
    t.strictSame([heard.tags, heard.counts], [[], ['audio_unsupported']], first);
  }
});

void t.test('enhanced mp4a becomes legacy AAC', async (t) => {
  const heard = hear(enhanced(0, MP4A, '1190'), enhanced(1, MP4A, '2110'), enhanced(2, MP4A));
  t.strictSame(brief(heard), ['aac config af001190', 'aac af012110']);
});

void t.test('enhanced MP3 becomes legacy MP3', async (t) => {
  t.strictSame(brief(hear(enhanced(0, text('.mp3')), enhanced(1, text('.mp3'), 'fffb9064'))), ['mp3 2ffffb9064']);
});

void t.test('enhanced Opus passes as bare packets behind its head', async (t) => {
  const heard = hear(enhanced(0, OPUS, head), enhanced(1, OPUS, 'fc0102'));
  t.strictSame(brief(heard), [`opus config ${head}`, 'opus fc0102']);
});

void t.test('Opus whose sender sends no head gets one that fits its first packet', async (t) => {
  const { tags } = hear(enhanced(1, OPUS, '78ab'), enhanced(1, OPUS, '78cd'));
  t.equal(tags.length, 3);
  t.strictSame(tags[0]?.body, hex(`${text('OpusHead')} 01 01 0000 80bb0000 0000 00`), 'mono, 48 kHz');
  t.equal(hear(enhanced(1, OPUS, 'fcab')).tags[0]?.body[9], 2, 'stereo');
  for (const broken of ['', '00', `${text('OpusHead')}01`, head.replace('48', '49')]) {
    t.equal(hear(enhanced(0, OPUS, broken), enhanced(1, OPUS, 'fcab')).tags[0]?.body.length, 19, `not "${broken}"`);
  }
});

void t.test('enhanced codecs that no decoder is fed with are counted', async (t) => {
  for (const fourCc of ['fLaC', 'ac-3', 'ec-3', 'zzzz']) {
    const heard = hear(enhanced(0, text(fourCc), '00'), enhanced(1, text(fourCc), '0102'));
    t.strictSame([heard.tags, heard.counts], [[], ['audio_unsupported', 'audio_unsupported']], fourCc);
  }
});

void t.test('modifiers in front are stepped over, with sizes of one byte and of three', async (t) => {
  const config = enhanced(0, MP4A, '1190');
  const short = enhanced(7, '02', 'aabbcc', '01', MP4A, '2110');
  const two = enhanced(7, '00', 'aa', '07', '01', 'bbbb', '01', MP4A, '2111');
  const long = enhanced(7, 'ff', '012b', 'aa'.repeat(300), '01', MP4A, '2112');
  t.strictSame(brief(hear(config, short, two, long)).slice(1), ['aac af012110', 'aac af012111', 'aac af012112']);
});

void t.test('of a multitrack message with one codec the lowest track is taken', async (t) => {
  // Type 1: a FourCC for all, then per track its id, its size and its payload.
  const config = enhanced(5, '10', MP4A, '02', '000002', '1210', '00', '000002', '1190');
  const frames = enhanced(5, '11', MP4A, '02', '000001', 'ff', '00', '000002', '2110');
  t.strictSame(brief(hear(config, frames)), ['aac config af001190', 'aac af012110']);
});

void t.test('of a multitrack message with several codecs the lowest track is taken', async (t) => {
  const config = enhanced(5, '20', OPUS, '01', '000013', head, MP4A, '00', '000002', '1190');
  const frames = enhanced(5, '21', OPUS, '01', '000002', 'fc01', MP4A, '00', '000002', '2110');
  t.strictSame(brief(hear(config, frames)), ['aac config af001190', 'aac af012110']);
});

void t.test('tracks in messages of their own: the first is taken, until a lower one shows up', async (t) => {
  const one = (track: string, type: number, payload: string): Buffer => enhanced(5, `0${type}`, MP4A, track, payload);
  const second = [one('02', 0, '1210'), one('02', 1, 'aa'), one('03', 0, '1190'), one('03', 1, 'bb')];
  const first = [one('01', 0, '1190'), one('01', 1, 'cc'), one('02', 1, 'dd')];
  const heard = hear(...second, ...first);
  t.strictSame(brief(heard), ['aac config af001210', 'aac af01aa', 'aac config af001190', 'aac af01cc']);
});

void t.test('extra tracks beside legacy AAC, as OBS sends them, are left out', async (t) => {
  const extra = [enhanced(5, '00', MP4A, '01', '1210'), enhanced(5, '01', MP4A, '01', '2110')];
  const heard = hear(hex('af00 1190'), hex('af01 aa'), ...extra, hex('af01 bb'));
  t.strictSame(brief(heard), ['aac config af001190', 'aac af01aa', 'aac af01bb']);
});

void t.test('an enhanced message that is cut short anywhere is left out and throws nothing', async (t) => {
  const whole = [
    enhanced(7, 'ff', '012b', 'aa'.repeat(300), '01', MP4A, '2112'),
    enhanced(5, '11', MP4A, '02', '000001', 'ff', '00', '000002', '2110'),
    enhanced(5, '21', OPUS, '01', '000002', 'fc01', MP4A, '00', '000002', '2110'),
    enhanced(5, '01', OPUS, '01', 'fc01'),
    enhanced(1, OPUS),
  ];
  for (const body of whole) {
    for (let length = 0; length < body.length; length += 1) hear(body.subarray(0, length));
  }
  t.strictSame(brief(hear(enhanced(5, '11', MP4A, '00', 'ffffff', '2110'))), []);
});

void t.test('more tracks than there can be are no trouble', async (t) => {
  const many = Buffer.concat([enhanced(5, '11', OPUS), Buffer.alloc(4 * 130_000)]);
  t.strictSame(brief(hear(many)), []);
});

/** An aggregate: FLV tags with 11 bytes of header and a back pointer each. */
function aggregate(...tags: { type: number; time: number; body: Buffer }[]): Buffer {
  return Buffer.concat(
    tags.flatMap(({ type, time, body }) => {
      const header = Buffer.alloc(11);
      header[0] = type;
      header.writeUIntBE(body.length, 1, 3);
      header.writeUIntBE(time % 2 ** 24, 4, 3);
      header[7] = Math.floor(time / 2 ** 24);
      return [header, body, Buffer.alloc(4)];
    }),
  );
}

void t.test('an aggregate is split: audio at its distance to the first tag, video left out', async (t) => {
  const heard = hear(hex('af00 1190'));
  const whole = aggregate(
    { type: 9, time: 0x2000000, body: Buffer.alloc(500) },
    { type: 8, time: 0x2000000 + 10, body: hex('af01 aa') },
    { type: 18, time: 0x2000000 + 20, body: hex('05') },
    { type: 8, time: 0x2000000 + 31, body: hex('af01 bb') },
  );
  heard.audio.aggregate(whole, 5000);
  t.strictSame(brief(heard).slice(1), ['aac af01aa', 'aac af01bb']);
  t.strictSame(
    heard.tags.map((tag) => tag.timestampMs),
    [0, 5010, 5031],
  );
  whole.fill(0xee);
  t.equal(heard.tags[1]?.body.toString('hex'), 'af01aa', 'a copy of its own');
});

void t.test('an aggregate that is cut short gives what is whole', async (t) => {
  const whole = aggregate({ type: 8, time: 0, body: hex('2f aa') }, { type: 8, time: 9, body: hex('2f bb') });
  for (let length = 0; length <= whole.length; length += 1) {
    const heard = hear();
    heard.audio.aggregate(whole.subarray(0, length), 0);
    t.equal(heard.tags.length, length < 13 ? 0 : length < 30 ? 1 : 2, `${length} bytes`);
  }
});

void t.test('timestamps go on over 32 bits, and steps back stay steps back', async (t) => {
  const heard = hear();
  for (const time of [2 ** 32 - 20, 1, 22, 2, 2 ** 31]) heard.audio.audio(hex('2f aa'), time);
  const wrap = 2 ** 32;
  t.strictSame(
    heard.tags.map((tag) => tag.timestampMs),
    [wrap - 20, wrap + 1, wrap + 22, wrap + 2, wrap + 2 ** 31],
  );
});
