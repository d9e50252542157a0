/** The one redactor, case by case: what is taken out of texts and fields, what stays, and what bounds there are. */
import t from 'tap';
import { createLog } from '../../runtime/log.ts';
import { HIDDEN, redactFields, redactText, redactValue } from '../../runtime/redact.ts';

const texts: [given: string, redacted: string][] = [
  ['rtmps://h/app/canary', `rtmps://h/app/${HIDDEN}`],
  ['rtmp://h/app/inst/canary', `rtmp://h/app/inst/${HIDDEN}`],
  ['rtmp://h/live/', 'rtmp://h/live/'],
  ['rtmp://user:canary@h/live', 'rtmp://h/live'],
  ['RTMP://h/live/canary', `RTMP://h/live/${HIDDEN}`],
  ['https://canary@h', 'https://h'],
  ['https://user:ca@nary@h/x', 'https://h/x'],
  ['https://h/a/b/c', 'https://h/a/b/c'],
  ['https://h?key=canary', `https://h?${HIDDEN}`],
  ['https://h/#canary', `https://h/?${HIDDEN}`],
  ['at "wss://h/?token=canary" and <http://h/?canary>', `at "wss://h/?${HIDDEN}" and <http://h/?${HIDDEN}>`],
  ['two: ws://h/?canary ws://i/?canary', `two: ws://h/?${HIDDEN} ws://i/?${HIDDEN}`],
  ['/live/talk?token=canary', `/live/talk?token=${HIDDEN}`],
  ['a=1&token=canary;b=2', `a=1&token=${HIDDEN};b=2`],
  ['TOKEN=canary', `TOKEN=${HIDDEN}`],
  ['Basic dXNlcjpjYW5hcnk=', `Basic ${HIDDEN}`],
  ['bearer of news', 'bearer of news'],
  ['12:30 //no url', '12:30 //no url'],
];

void t.test('what is secret in a text is taken out, what is not stays', (t) => {
  for (const [given, redacted] of texts) t.equal(redactText(given), redacted, given);
  t.end();
});

const secretNames = [
  ...['secret', 'AUTH_SECRET', 'clientSecret', 'password', 'passwd', 'Authorization', 'cookie', 'set-cookie'],
  ...['credential', 'credentials', 'apiKey', 'API_KEY', 'GLADIA_API_KEY', 'openaiapikey', 'streamKey', 'stream_key'],
  ...['key', 'token', 'access_token', 'accessToken', 'viewer_token'],
];
const plainNames = ['keys', 'monkey', 'tokens', 'tokenCount', 'session', 'keyFrame', 'reason'];

void t.test('a field is secret by its name, whatever its value', (t) => {
  for (const name of secretNames) {
    for (const value of ['canary', 7, null, { deep: 'canary' }, ['canary']]) {
      t.strictSame(redactFields({ [name]: value }), { [name]: HIDDEN }, name);
    }
  }
  for (const name of plainNames) t.strictSame(redactFields({ [name]: 'plain' }), { [name]: 'plain' }, name);
  t.end();
});

void t.test('a field without a value makes no field', (t) => {
  t.strictSame(redactFields({ present: null, absent: undefined }), { present: null });
  t.end();
});

const nested = (depth: number): unknown => (depth === 0 ? 'bottom' : { below: nested(depth - 1) });

const values: [what: string, given: unknown, redacted: unknown][] = [
  ['a number', 1.5, 1.5],
  ['a truth', false, false],
  ['a big number', 12n, '12'],
  ['a function', () => 'canary', '(function)'],
  ['a symbol', Symbol('canary'), '(symbol)'],
  ['bytes', Buffer.from('canary'), '(6 bytes)'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a date that is none', new Date(Number.NaN), '(unreadable)'],
  ['what is too deep', nested(6), { below: { below: { below: { below: { below: '(deeper)' } } } } }],
];

void t.test('every kind of value becomes plain data', (t) => {
  for (const [what, given, redacted] of values) t.strictSame(redactValue(given), redacted, what);
  t.end();
});

void t.test('texts are cut at 2000 characters, lists and objects at 50 members', (t) => {
  t.equal(redactText('x'.repeat(2_000)), 'x'.repeat(2_000));
  t.equal(redactText('x'.repeat(2_001)), `${'x'.repeat(2_000)}…`);
  t.equal((redactValue(Array(51).fill(0)) as unknown[]).length, 50);
  const broad = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`n${index}`, index]));
  t.equal(Object.keys(redactFields(broad)).length, 50);
  t.end();
});

void t.test('an error keeps its name, message, code, stack and cause, all redacted', (t) => {
  const cause = Object.assign(new Error('GET https://h/?canary'), { code: 'ECONNREFUSED' });
  const redacted = redactValue(new TypeError('token=canary', { cause }));
  t.match(redacted, {
    name: 'TypeError',
    message: `token=${HIDDEN}`,
    stack: /at /,
    cause: { name: 'Error', message: `GET https://h/?${HIDDEN}`, code: 'ECONNREFUSED' },
  });
  t.notMatch(JSON.stringify(redacted), /canary/);
  t.end();
});

void t.test('no secret is in a log line: not in its message, its fields or what was bound', (t) => {
  for (const pretty of [false, true]) {
    const lines: string[] = [];
    const root = createLog({ level: 'debug', pretty, write: (line) => void lines.push(line), now: () => 0 });
    const log = root.child({ url: 'rtmp://h/live/canary', token: 'canary' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      log[level]('publisher of rtmp://h/live/canary?token=canary', {
        apiKey: 'canary',
        error: new Error('https://user:canary@h/'),
        list: [{ authorization: 'Bearer canarycanary' }],
      });
    }
    t.equal(lines.length, 4);
    t.notMatch(lines.join(''), /canary/, pretty ? 'pretty' : 'JSON');
  }
  t.end();
});
