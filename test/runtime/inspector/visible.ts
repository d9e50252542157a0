/** What may be seen in the inspector: codes and numbers; never a key, a token, an address or what was said. */
import t from 'tap';
import { visible, visibleError, visibleEvent } from '../../../runtime/inspector/visible.ts';

const CANARY = 'canary-3fd1';

void t.test('numbers and flags are shown, texts only where they are codes', (t) => {
  const context = {
    timing: { stopTimeoutMs: 5_000 },
    attempts: 3,
    isOver: false,
    reason: 'stalled',
    slug: CANARY,
    key: CANARY,
    account: { url: `https://api.example/?token=${CANARY}`, key: CANARY },
    nothing: null,
    list: [CANARY],
    bytes: Buffer.from(CANARY),
  };
  const shown = visible(context);
  t.match(shown, { timing: { stopTimeoutMs: 5_000 }, attempts: 3, isOver: false, reason: 'stalled', nothing: null });
  t.match(shown, { slug: '[hidden]', key: '[hidden]', list: '[hidden]', account: { url: '[hidden]' } });
  t.notMatch(JSON.stringify(shown), CANARY);
  t.end();
});

void t.test('who holds the AI lease is shown by its plain id, with its fence', (t) => {
  const context = { holder: 'viewer 7', fence: 12, line: ['viewer 8'] };
  t.strictSame(visible(context), { ...context, line: '[hidden]' });
  t.end();
});

void t.test('addresses and tokens in a sentence are taken out, and sentences are short', (t) => {
  const { reason } = visible({
    reason: `Gladia at wss://api.example/v2?token=${CANARY} is away ${'x'.repeat(500)}`,
  }) as {
    reason: string;
  };
  t.match(reason, /^Gladia at wss:/);
  t.notMatch(reason, CANARY);
  t.ok(reason.length <= 201);
  t.end();
});

void t.test('of XState’s own events no input, output or stack is shown', (t) => {
  t.strictSame(visibleEvent({ type: 'xstate.init', input: { key: CANARY } } as { type: string }), {
    type: 'xstate.init',
  });
  t.strictSame(visibleEvent({ type: 'xstate.done.actor.x', output: CANARY } as { type: string }), {
    type: 'xstate.done.actor.x',
  });
  const error = new TypeError(`at https://u:${CANARY}@host/`);
  const told = visibleEvent({ type: 'xstate.error.actor.x', error } as { type: string });
  t.match(told, { error: { name: 'TypeError' } });
  t.notMatch(JSON.stringify(told), CANARY);
  t.strictSame(visibleError(CANARY), { name: 'Error', message: '[hidden]' });
  t.end();
});

void t.test('what is deep, long or round is cut', (t) => {
  const round: Record<string, unknown> = { attempts: 1 };
  round['self'] = round;
  t.ok(JSON.stringify(visible(round)).length < 1_000);
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`n${index}`, index]));
  t.equal(Object.keys(visible(wide) as object).length, 40);
  t.end();
});
