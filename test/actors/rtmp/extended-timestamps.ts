import t from 'tap';
import { chunk, read, setChunkSize, timestampsOf } from './harness-chunks.ts';

/** The 24-bit field that says: 32 bits follow. */
const EXTENDED = 0xffffff;
/** 4 hours and 40 minutes, where 24 bits end. */
const LATE_MS = 0x1000000;
const body = (bytes: number): Buffer => Buffer.alloc(bytes, 0x5a);

void t.test('a stream goes on growing past 0xFFFFFF ms', async (t) => {
  const parts = [
    chunk({ format: 0, id: 4, time: EXTENDED - 1, payload: body(2) }),
    chunk({ format: 1, id: 4, time: 1, payload: body(2) }),
    chunk({ format: 2, id: 4, time: 1, payload: body(2) }),
    chunk({ format: 0, id: 4, time: EXTENDED, extended: LATE_MS + 1, payload: body(2) }),
    chunk({ format: 2, id: 4, time: 21, payload: body(2) }),
  ];
  t.strictSame(timestampsOf(parts), [LATE_MS - 2, LATE_MS - 1, LATE_MS, LATE_MS + 1, LATE_MS + 22]);
});

void t.test('exactly 0xFFFFFF is written in 32 bits', async (t) => {
  t.strictSame(timestampsOf([chunk({ format: 0, id: 4, time: EXTENDED, extended: EXTENDED, payload: body(2) })]), [
    EXTENDED,
  ]);
});

void t.test('an extended field is a delta in formats 1 and 2', async (t) => {
  const parts = [
    chunk({ format: 0, id: 4, time: 5, payload: body(2) }),
    chunk({ format: 1, id: 4, time: EXTENDED, extended: LATE_MS, payload: body(2) }),
    chunk({ format: 2, id: 4, time: EXTENDED, extended: LATE_MS, payload: body(2) }),
  ];
  t.strictSame(timestampsOf(parts), [5, LATE_MS + 5, 2 * LATE_MS + 5]);
});

void t.test('deltas wrap at 32 bits', async (t) => {
  const parts = [
    chunk({ format: 0, id: 4, time: EXTENDED, extended: 0xfffffff0, payload: body(2) }),
    chunk({ format: 2, id: 4, time: 0x20, payload: body(2) }),
  ];
  t.strictSame(timestampsOf(parts), [0xfffffff0, 0x10]);
});

/** What different senders put in front of the rest of a message whose time is extended. */
const habits: Record<string, number | undefined> = {
  'repeats the field, as the specification has it': LATE_MS,
  'writes the absolute time': LATE_MS + 1000,
  'repeats nothing, as old librtmp does': undefined,
};

for (const [habit, extended] of Object.entries(habits)) {
  void t.test(`a message over several chunks is whole when its sender ${habit}`, async (t) => {
    const parts = [
      chunk({ format: 0, id: 4, time: 1000, payload: body(1) }),
      chunk({ format: 1, id: 4, time: EXTENDED, extended: LATE_MS, length: 300, payload: body(128) }),
      chunk({ format: 3, id: 4, ...(extended === undefined ? {} : { extended }), payload: body(128) }),
      chunk({ format: 3, id: 4, ...(extended === undefined ? {} : { extended }), payload: body(44) }),
    ];
    t.strictSame(timestampsOf(parts), [1000, LATE_MS + 1000]);
    t.strictSame(read(parts).messages[1]?.body, body(300));
  });
}

void t.test('a message that begins with format 3 after an extended delta adds it again', async (t) => {
  const parts = [
    chunk({ format: 0, id: 4, time: 5, payload: body(2) }),
    chunk({ format: 1, id: 4, time: EXTENDED, extended: LATE_MS, payload: body(2) }),
    chunk({ format: 3, id: 4, extended: LATE_MS, payload: body(2) }),
  ];
  t.strictSame(timestampsOf(parts), [5, LATE_MS + 5, 2 * LATE_MS + 5]);
});

void t.test('chunks of one byte whose sender repeats nothing are read without waiting for more', async (t) => {
  const header = { id: 4, time: EXTENDED, extended: LATE_MS, length: 3 };
  const parts = [setChunkSize(1), chunk({ format: 0, ...header, payload: body(1) })];
  for (let rest = 0; rest < 2; rest += 1) parts.push(chunk({ format: 3, id: 4, payload: body(1) }));
  t.strictSame(timestampsOf(parts), [LATE_MS]);
});
