/** How much a viewer may get ahead of what it has confirmed: the numbers, on a clock of the test's. */
import t from 'tap';
import {
  ByteWindow,
  LATE_MS,
  PING_EVERY_BYTES,
  PING_SOON_BYTES,
  PING_SOON_MS,
  SUSPECT_PING_EVERY_BYTES,
  SUSPECT_WINDOW_BYTES,
  TRUSTED_AFTER,
} from '../../../actors/viewers/byte-window.ts';

/** A window whose viewer has left one ping unanswered for too long. */
function suspect(): { window: ByteWindow; nowMs: number } {
  const window = new ByteWindow(0, 0);
  window.sent(PING_EVERY_BYTES, 0);
  const nowMs = LATE_MS + 1;
  window.sent(0, nowMs);
  return { window, nowMs };
}

void t.test('a viewer is asked once per 64 KiB, the first time at a point of its own', (t) => {
  const window = new ByteWindow(0, 0);
  t.equal(window.sent(PING_EVERY_BYTES - 1, 0), undefined);
  t.equal(window.sent(1, 0), PING_EVERY_BYTES, 'the ping carries what went before it');
  window.answered(PING_EVERY_BYTES, 10);
  t.equal(window.sent(PING_EVERY_BYTES - 1, 10), undefined);
  t.equal(window.sent(1, 10), 2 * PING_EVERY_BYTES);
  const half = new ByteWindow(0.5, 0);
  const shorter = PING_EVERY_BYTES - PING_SOON_BYTES / 2;
  t.equal(half.sent(shorter, 0), shorter);
  t.end();
});

void t.test('where 64 KiB take long a viewer is asked once per 16 KiB and second', (t) => {
  const window = new ByteWindow(0, 0);
  t.equal(window.sent(PING_SOON_BYTES, PING_SOON_MS), undefined, 'too soon');
  t.equal(window.sent(1, PING_SOON_MS + 1), PING_SOON_BYTES + 1);
  window.answered(PING_SOON_BYTES + 1, PING_SOON_MS + 2);
  t.equal(window.sent(PING_SOON_BYTES - 1, 10_000), undefined, 'too little');
  t.end();
});

void t.test('a viewer whose pongs come in time may get everything', (t) => {
  const window = new ByteWindow(0, 0);
  for (let nowMs = 0; nowMs < 100_000; nowMs += 100) {
    const count = window.sent(20_000, nowMs);
    if (count !== undefined) window.answered(count, nowMs + LATE_MS);
    t.strictSame(window.admits(nowMs), { more: true });
  }
  t.equal(window.isSuspect, false);
  t.equal(window.sentBytes, 20_000_000);
  t.ok(window.confirmedBytes > 20_000_000 - 2 * PING_EVERY_BYTES);
  t.end();
});

void t.test('a late pong makes a viewer suspect: it gets 16 KiB ahead of what it has confirmed', (t) => {
  const { window, nowMs } = suspect();
  t.equal(window.isSuspect, true);
  t.strictSame(window.admits(nowMs), { more: false }, 'an answer is on its way');
  window.answered(PING_EVERY_BYTES, nowMs);
  t.strictSame(window.admits(nowMs), { more: true });
  t.equal(
    window.sent(SUSPECT_PING_EVERY_BYTES, nowMs),
    PING_EVERY_BYTES + SUSPECT_PING_EVERY_BYTES,
    'asked more often',
  );
  window.sent(SUSPECT_WINDOW_BYTES - SUSPECT_PING_EVERY_BYTES, nowMs);
  t.equal(window.admits(nowMs).more, false);
  t.end();
});

void t.test('a full window always has a ping on its way', (t) => {
  const { window, nowMs } = suspect();
  window.answered(PING_EVERY_BYTES, nowMs);
  let asked: number | undefined;
  while (window.admits(nowMs).more) asked = window.sent(1_000, nowMs) ?? asked;
  t.ok(asked !== undefined, 'or nothing would ever end the wait');
  window.answered(asked ?? 0, nowMs + 1);
  let admitted = window.admits(nowMs + 1);
  if (!admitted.more) {
    t.ok(admitted.ask !== undefined);
    window.answered(admitted.ask ?? 0, nowMs + 2);
    admitted = window.admits(nowMs + 2);
  }
  t.equal(admitted.more, true);
  t.end();
});

void t.test('ten pongs in time, in a row, and it is trusted again', (t) => {
  const { window, nowMs } = suspect();
  window.answered(PING_EVERY_BYTES, nowMs);
  for (let pong = 0; pong < TRUSTED_AFTER; pong += 1) {
    t.equal(window.isSuspect, true, `after ${pong}`);
    const count = window.sent(SUSPECT_PING_EVERY_BYTES, nowMs);
    window.answered(count ?? 0, nowMs + 5);
  }
  t.equal(window.isSuspect, false);
  t.end();
});

void t.test('counts that were never sent, or were confirmed before, change nothing', (t) => {
  const { window, nowMs } = suspect();
  window.answered(PING_EVERY_BYTES, nowMs);
  window.sent(SUSPECT_PING_EVERY_BYTES, nowMs);
  const before = window.confirmedBytes;
  window.answered(window.sentBytes + 1, nowMs);
  window.answered(1, nowMs);
  t.equal(window.confirmedBytes, before);
  t.end();
});
