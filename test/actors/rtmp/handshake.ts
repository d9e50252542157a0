import t from 'tap';
import { Handshake } from '../../../actors/rtmp/handshake.ts';
import { RtmpProtocolError } from '../../../actors/rtmp/protocol-error.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { cut } from './harness.ts';

const PART = 1536;
const c1 = Buffer.from(Array.from({ length: PART }, (_, index) => index % 251));
const c2 = Buffer.alloc(PART, 0xc2);
const behind = Buffer.from('what follows');
const whole = Buffer.concat([Buffer.of(3), c1, c2, behind]);

/** Answers and rest of a handshake whose bytes come in these segments. */
function shake(segments: Iterable<Buffer>): { answers: Buffer[]; rest: string; done: boolean } {
  const answers: Buffer[] = [];
  const handshake = new Handshake((bytes) => void answers.push(bytes));
  const rest = [...segments].map((segment) => handshake.push(segment));
  return { answers, rest: Buffer.concat(rest).toString(), done: handshake.done };
}

void t.test('S0, S1 and S2 come in one piece, and S2 is the echo of C1', async (t) => {
  const { answers, rest, done } = shake([whole]);
  t.equal(answers.length, 1);
  const [answer] = answers as [Buffer];
  t.equal(answer.length, 1 + 2 * PART);
  t.equal(answer[0], 3);
  t.strictSame(answer.subarray(1, 9), Buffer.alloc(8), 'time and zero: no digest is offered');
  t.strictSame(answer.subarray(1 + PART), c1);
  t.strictSame([rest, done], ['what follows', true]);
});

void t.test('the bytes may come in any segments', async (t) => {
  const random = seededRandom(7);
  for (const size of [() => 1, () => 1536, () => 1 + random() * 900]) {
    const { answers, rest } = shake(cut(whole, size));
    t.strictSame(answers[0]?.subarray(1 + PART), c1);
    t.equal(rest, 'what follows');
  }
});

void t.test('the answer does not wait for C2, and nothing comes before C1 is whole', async (t) => {
  t.equal(shake([whole.subarray(0, PART)]).answers.length, 0);
  const { answers, done } = shake([whole.subarray(0, 1 + PART)]);
  t.strictSame([answers.length, done], [1, false]);
});

void t.test('another version is refused with its first byte', async (t) => {
  for (const version of [0, 1, 2, 6, 'G'.charCodeAt(0)]) {
    t.throws(() => shake([Buffer.of(version)]), RtmpProtocolError, `version ${version}`);
  }
});
