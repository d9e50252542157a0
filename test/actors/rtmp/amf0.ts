import fc from 'fast-check';
import t from 'tap';
import { encodeAmf0 } from '../../../actors/rtmp/amf0-encode.ts';
import { decodeAmf0, MAX_AMF0_DEPTH, MAX_AMF0_STRING_BYTES, MAX_AMF0_VALUES } from '../../../actors/rtmp/amf0.ts';
import type { Amf0Value } from '../../../actors/rtmp/amf0.ts';
import { RtmpProtocolError } from '../../../actors/rtmp/protocol-error.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const strict = (count: number, elements: Buffer): Buffer => {
  const header = Buffer.of(10, 0, 0, 0, 0);
  header.writeUInt32BE(count, 1);
  return Buffer.concat([header, elements]);
};

/** Objects lose their missing prototype, so that they can be compared. */
const plain = (values: Amf0Value[]): unknown =>
  JSON.parse(JSON.stringify(values, (_, value: unknown) => (value === undefined ? 'undefined' : value)));

void t.test('every type that commands use is read', async (t) => {
  const cases: [string, unknown][] = [
    ['00 3ff8000000000000', 1.5],
    ['01 00', false],
    ['01 02', true],
    ['02 0003 6162c3', 'ab\ufffd'],
    ['03 0001 61 00 4000000000000000 0000 09', { a: 2 }],
    ['05', null],
    ['06', 'undefined'],
    ['08 00000063 0001 61 05 0000 09', { a: null }],
    ['0a 00000002 05 01 01', [null, true]],
    ['0b 4059000000000000 0000', 100],
    ['0c 00000002 6162', 'ab'],
    ['0d', 'undefined'],
  ];
  for (const [bytes, value] of cases) t.strictSame(plain(decodeAmf0(hex(bytes))), [value], bytes);
});

void t.test('what is written is read back', async (t) => {
  const value = fc.letrec<{ any: Amf0Value }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.string({ maxLength: 40 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('any'), { maxKeys: 3 }),
    ),
  })).any;
  const property = fc.property(fc.array(value, { maxLength: 4 }), (values) => {
    const bytes = encodeAmf0(...values);
    return encodeAmf0(...decodeAmf0(bytes)).equals(bytes);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 200, seed: 1 }));
});

void t.test('an unreadable type ends the list without an error, with what stood before it', async (t) => {
  // References, a movie clip, XML, a typed object, the switch to AMF3, and numbers that are no type.
  for (const marker of [4, 7, 14, 15, 16, 17, 18, 255]) {
    t.strictSame(plain(decodeAmf0(Buffer.concat([encodeAmf0('connect', 1), Buffer.of(marker, 1, 2)]))), [
      'connect',
      1,
      'undefined',
    ]);
  }
  const inside = Buffer.concat([hex('03 0003 617070 02 0001 61 0001 62'), Buffer.of(17, 1)]);
  t.match(decodeAmf0(inside), [{ app: 'a' }], 'and the object that it stands in');
});

void t.test('a property cannot reach the prototype of anything', async (t) => {
  const [object] = decodeAmf0(hex('03 0009 5f5f70726f746f5f5f 03 0001 61 01 01 0000 09 0000 09'));
  t.equal(Object.getPrototypeOf(object), null);
  t.equal(({} as Record<string, unknown>)['a'], undefined);
});

void t.test('every value that is cut short is refused', async (t) => {
  const whole = encodeAmf0('name', 1, { key: [true, null, 'x'], more: { text: 'y'.repeat(20) } });
  const boundaries = [0, encodeAmf0('name').length, encodeAmf0('name', 1).length, whole.length];
  for (let length = 0; length <= whole.length; length += 1) {
    const cut = whole.subarray(0, length);
    if (boundaries.includes(length)) t.doesNotThrow(() => decodeAmf0(cut));
    else t.throws(() => decodeAmf0(cut), RtmpProtocolError, `${length} bytes`);
  }
});

void t.test('a count that the bytes cannot hold costs nothing', async (t) => {
  t.throws(() => decodeAmf0(strict(2 ** 32 - 1, Buffer.of(5, 5))), RtmpProtocolError);
});

void t.test('nesting, number of values and length of strings are bounded', async (t) => {
  const nested = (depth: number): Buffer =>
    Buffer.concat(Array.from({ length: depth }, () => strict(1, Buffer.alloc(0))));
  const nest = (depth: number): Buffer => Buffer.concat([nested(depth), Buffer.of(5)]);
  t.doesNotThrow(() => decodeAmf0(nest(MAX_AMF0_DEPTH)));
  t.throws(() => decodeAmf0(nest(MAX_AMF0_DEPTH + 1)), /deeper/);
  t.throws(() => decodeAmf0(nest(13_000)), /deeper/);
  t.equal(decodeAmf0(Buffer.alloc(MAX_AMF0_VALUES, 5)).length, MAX_AMF0_VALUES);
  t.throws(() => decodeAmf0(Buffer.alloc(MAX_AMF0_VALUES + 1, 5)), /values/);
  t.doesNotThrow(() => decodeAmf0(encodeAmf0('x'.repeat(MAX_AMF0_STRING_BYTES))));
  t.throws(() => decodeAmf0(encodeAmf0('x'.repeat(MAX_AMF0_STRING_BYTES + 1))), /string/);
  t.throws(() => decodeAmf0(encodeAmf0('x'.repeat(70_000))), /string/, 'a long string too');
});
