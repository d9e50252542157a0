/** The receiver of the page, as it stands there: it takes what captiond signs, once, and nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { signed } from '../../../runtime/webhooks/signature.ts';
import { read } from '../../support/docs.ts';
import { HOOK_SECRET } from '../../support/hook-receiver.ts';
import { eventually } from '../../support/processes.ts';

const SECRET = `whsec_${Buffer.from('another secret of good length').toString('base64')}`;

void t.test('the example receiver verifies, forgets old requests, and takes each event once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-receiver-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [, example = ''] = /```js\n([^]*?)```/.exec(read('runtime/webhooks/README.md')) ?? [];
  await writeFile(join(folder, 'receiver.mjs'), example);
  const env = { ...process.env, WEBHOOK_SECRET: SECRET, PORT: '0' };
  const child = spawn(process.execPath, [join(folder, 'receiver.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(async () => {
    child.kill();
    await once(child, 'exit');
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await eventually('it listens', () => printed.includes('listening on'));
  const url = `http://127.0.0.1:${/listening on (\d+)/.exec(printed)?.[1]}`;
  const nowS = Math.floor(Date.now() / 1_000);
  const post = async (headers: Record<string, string>, body: string): Promise<number> =>
    (await fetch(url, { method: 'POST', headers, body })).status;
  const body = '{"type":"session.final","data":{"text":"héllo"}}';
  t.equal(await post(signed(SECRET, 'evt_1', nowS, body), body), 204);
  t.equal(await post(signed(SECRET, 'evt_1', nowS + 1, body), body), 204, 'again');
  t.equal(await post(signed(SECRET, 'evt_2', nowS, body), `${body} `), 401, 'another body');
  t.equal(await post({ ...signed(SECRET, 'evt_2', nowS, body), 'webhook-id': 'evt_3' }, body), 401, 'another id');
  t.equal(await post(signed(SECRET, 'evt_2', nowS - 301, body), body), 401, 'an old one');
  t.equal(await post(signed(HOOK_SECRET, 'evt_2', nowS, body), body), 401, 'another secret');
  t.equal(await post({}, body), 401, 'no signature');
  t.equal(printed.split('session.final').length - 1, 1, 'one event was taken');
});

void t.test('the signature is the one of the specification', (t) => {
  // Test vector of standardwebhooks.com.
  const headers = signed(
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1_614_265_330,
    '{"test": 2432232314}',
  );
  t.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  t.end();
});
