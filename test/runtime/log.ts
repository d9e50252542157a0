/** Log lines: one JSON object each, without secrets, repetitions counted. */
import t from 'tap';
import { createLog } from '../../runtime/log.ts';
import { HIDDEN, redactText, redactValue } from '../../runtime/redact.ts';
import { REPEAT_KINDS_MAX, REPEAT_WINDOW_MS, RepeatFilter } from '../../runtime/repeat-filter.ts';

function logOf(level: 'debug' | 'info' | 'warn' | 'error' = 'debug') {
  const lines: Record<string, unknown>[] = [];
  const clock = { nowMs: 0 };
  const write = (line: string): void => {
    t.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n'));
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { log: createLog({ level, pretty: false, write, now: () => clock.nowMs }), lines, clock };
}

void t.test('a line has its time, level, message and fields, those that were bound included', (t) => {
  const { log, lines } = logOf();
  log.child({ session: 'talk', epoch: 7 }).info('viewer attached', { viewers: 2, time: 'mine' });
  t.strictSame(lines, [
    {
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      message: 'viewer attached',
      session: 'talk',
      epoch: 7,
      viewers: 2,
      field_time: 'mine',
    },
  ]);
  t.end();
});

void t.test('lines below the level are not written', (t) => {
  const { log, lines } = logOf('warn');
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
  t.strictSame(
    lines.map(({ level }) => level),
    ['warn', 'error'],
  );
  t.end();
});

void t.test('a warning that repeats itself is written once and then counted', (t) => {
  const { log, lines, clock } = logOf();
  for (let attempt = 1; attempt <= 50; attempt += 1) log.warn('no answer', { attempt });
  log.warn('something else');
  t.equal(lines.length, 2);
  clock.nowMs = REPEAT_WINDOW_MS;
  log.info('later');
  t.match(lines[2], { message: 'no answer', repeated: 49 });
  t.end();
});

void t.test('what is held back is told at the end', (t) => {
  const { log, lines } = logOf();
  log.error('broken');
  log.error('broken');
  log.flush();
  t.match(lines, [{ message: 'broken' }, { message: 'broken', repeated: 1 }]);
  t.end();
});

void t.test('the filter remembers a bounded number of kinds', (t) => {
  const told: [string, number][] = [];
  const filter = new RepeatFilter<string>((first, repeats) => void told.push([first, repeats]));
  filter.admits('a', 'a', 0);
  filter.admits('a', 'a', 0);
  for (let kind = 0; kind < REPEAT_KINDS_MAX; kind += 1) filter.admits(String(kind), '', 0);
  t.strictSame(told, [['a', 1]]);
  t.ok(filter.admits('a', 'a', 0), 'it was let go');
  t.end();
});

const texts: [string, string][] = [
  ['rtmp://h:1935/live/talk?token=canary', `rtmp://h:1935/live/${HIDDEN}?${HIDDEN}`],
  ['https://user:canary@h/path?key=canary#canary', `https://h/path?${HIDDEN}`],
  ['wss://api.gladia.io/v2/live?token=canary', `wss://api.gladia.io/v2/live?${HIDDEN}`],
  ['stream key talk?token=canary&x=1', `stream key talk?token=${HIDDEN}&x=1`],
  ['captiond.v2, token.canary', `captiond.v2, token.${HIDDEN}`],
  ['Authorization: Bearer canary-canary', `Authorization: Bearer ${HIDDEN}`],
  ['rtmp://127.0.0.1:1935/live', 'rtmp://127.0.0.1:1935/live'],
  ['nothing to hide', 'nothing to hide'],
];

void t.test('secrets are taken out of texts', (t) => {
  for (const [text, redacted] of texts) t.equal(redactText(text), redacted);
  t.end();
});

void t.test('secrets are taken out of fields by their names, however deep, and out of errors', (t) => {
  const secrets = {
    token: 'canary',
    apiKey: 'canary',
    deep: [{ authorization: 'canary', list: ['https://h/?canary'] }],
    AUTH_SECRET: 'canary',
    error: new Error('refused wss://h/?canary', { cause: new Error('token=canary') }),
  };
  t.notMatch(JSON.stringify(redactValue(secrets)), /canary/);
  const { log, lines } = logOf();
  log.error('failed at wss://h/x?canary', secrets);
  t.notMatch(JSON.stringify(lines), /canary/);
  t.end();
});

void t.test('any value makes a line: circles, getters that throw, bytes, depth, breadth', (t) => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const hostile = {
    get bad(): never {
      throw new Error('no');
    },
  };
  const values = [circle, hostile, Buffer.alloc(9), 1n, Symbol('a'), () => 1, Array(1_000).fill(1), 'x'.repeat(10_000)];
  for (const value of values) t.ok(JSON.stringify(redactValue({ value })).length < 3_000);
  t.end();
});
