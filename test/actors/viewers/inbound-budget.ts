/** What one viewer may send, on a clock of the test's. */
import t from 'tap';
import {
  BYTES_PER_MINUTE,
  InboundBudget,
  MESSAGES_BURST,
  MESSAGES_PER_SECOND,
} from '../../../actors/viewers/inbound-budget.ts';

void t.test('ten messages a second may go on for ever, eleven not', async (t) => {
  const steady = new InboundBudget(0);
  const hasty = new InboundBudget(0);
  for (let second = 0; second < 600; second += 1) {
    for (let at = 0; at < MESSAGES_PER_SECOND; at += 1) steady.take(1, second * 1_000 + at * 100);
    for (let at = 0; at < MESSAGES_PER_SECOND + 1; at += 1) hasty.take(1, second * 1_000 + at * 90);
  }
  t.equal(steady.excess, 0);
  t.ok(hasty.excess > 100, `${hasty.excess} messages too many`);
});

void t.test('after a rest twice as many may come at once', async (t) => {
  const budget = new InboundBudget(0);
  for (let sent = 0; sent < MESSAGES_BURST; sent += 1) t.equal(budget.take(1, 0), undefined);
  t.equal(budget.take(1, 0), 'viewer_messages');
  t.equal(budget.take(1, 99), 'viewer_messages');
  t.equal(budget.take(1, 100), undefined);
});

void t.test('64 KiB a minute may go on for ever, a little more not', async (t) => {
  const steady = new InboundBudget(0);
  const large = new InboundBudget(0);
  for (let second = 0; second < 600; second += 1) {
    steady.take(Math.floor(BYTES_PER_MINUTE / 60), second * 1_000);
    if (large.take(Math.floor(BYTES_PER_MINUTE / 30), second * 1_000) !== undefined) break;
  }
  t.equal(steady.excess, 0);
  t.equal(large.excess, 1);
  t.equal(large.take(BYTES_PER_MINUTE, 1e9), undefined, 'and all of it at once after a rest');
  t.equal(large.take(1, 1e9), 'viewer_bytes');
});

void t.test('an excess is forgotten after a minute', async (t) => {
  const budget = new InboundBudget(0);
  for (let sent = 0; sent < MESSAGES_BURST + 5; sent += 1) budget.take(1, 0);
  t.equal(budget.excess, 5);
  for (let sent = 0; sent < MESSAGES_BURST + 1; sent += 1) budget.take(1, 61_000);
  t.equal(budget.excess, 1);
});

void t.test('a clock that stands still or goes back gives nothing away', async (t) => {
  const budget = new InboundBudget(1_000);
  for (let sent = 0; sent < MESSAGES_BURST; sent += 1) budget.take(1, 0);
  t.equal(budget.take(1, 0), 'viewer_messages');
});
