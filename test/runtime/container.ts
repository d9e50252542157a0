/** As in the container: a user without rights, who can write to the data folder alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isAlive } from '../../runtime/healthcheck.ts';

t.setTimeout(120_000);

const NOBODY = 65_534;
const skip = process.getuid?.() === 0 ? false : 'only root can become somebody else';
const main = new URL('../../runtime/main.ts', import.meta.url).pathname;

async function dataFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'captiond-container-'));
  await chmod(path, 0o700);
  await chown(path, NOBODY, NOBODY);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** `captiond COMMAND` as nobody, without a home, with nowhere to write but `folder`. */
function run(command: string, folder: string) {
  const env = {
    PATH: process.env['PATH'],
    ...{ NODE_ENV: 'production', HOME: '/nonexistent', TMPDIR: folder, DATA_DIR: folder },
    ...{ RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0' },
  };
  const child = spawn(process.execPath, [main, command], { env, cwd: '/', uid: NOBODY, gid: NOBODY });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output.text += String(data)));
  return { child, output, exited: once(child, 'exit') as Promise<[number | null]> };
}

void t.test('doctor finds everything', { skip }, async (t) => {
  await using folder = await dataFolder();
  const { output, exited } = run('doctor', folder.path);
  t.equal((await exited)[0], 0, output.text);
});

void t.test('the server starts, is alive for the health check, and stops in order', { skip }, async (t) => {
  await using folder = await dataFolder();
  const { child, output, exited } = run('serve', folder.path);
  const address = async (): Promise<string> => {
    for (;;) {
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output.text)?.[1];
      if (port !== undefined) return port;
      await Promise.race([once(child.stderr, 'data'), once(child.stdout, 'data'), exited]);
      if (child.exitCode !== null) throw new Error(output.text);
    }
  };
  const port = await address();
  t.ok(await isAlive({ HTTP_PORT: port }));
  t.ok(await isAlive({ HTTP_PORT: port, HTTP_HOST: 'localhost' }));
  t.notOk(await isAlive({ HTTP_PORT: '1' }), 'nobody answers there');
  t.notOk(await isAlive({ HTTP_PORT: 'none' }), 'options that cannot be used are no life either');
  child.kill('SIGTERM');
  t.equal((await exited)[0], 0, output.text);
  t.notOk(await isAlive({ HTTP_PORT: port }));
});
