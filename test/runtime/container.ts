/** As in the container: a user without rights, who can write to the data folder alone. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isAlive } from '../../runtime/healthcheck.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';

t.setTimeout(120_000);

const NOBODY = 65_534;
const skip = process.getuid?.() === 0 ? false : 'only root can become somebody else';
const canMount = process.platform === 'linux' && !skip && spawnSync('unshare', ['-m', 'true']).status === 0;
const skipMounts = canMount ? false : 'only root on Linux, where it may unshare, can mount everything read-only';
const main = new URL('../../runtime/main.ts', import.meta.url).pathname;

async function dataFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'captiond-container-'));
  await chmod(path, 0o700);
  await chown(path, NOBODY, NOBODY);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

interface Run {
  child: ChildProcess;
  /** Everything printed so far. */
  output: { text: string };
  exited: Promise<[number | null]>;
}

const streamsOf = ({ stdout, stderr }: ChildProcess) => [stdout, stderr].filter((stream) => stream !== null);

function watch(child: ChildProcess): Run {
  const output = { text: '' };
  for (const stream of streamsOf(child)) stream.on('data', (data) => (output.text += String(data)));
  return { child, output, exited: once(child, 'exit') as Promise<[number | null]> };
}

const envOf = (folder: string) => ({
  PATH: process.env['PATH'],
  ...{ NODE_ENV: 'production', HOME: '/nonexistent', TMPDIR: folder, DATA_DIR: folder },
  ...{ RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0' },
});

/** `captiond COMMAND` as nobody, without a home, with nowhere to write but `folder`. */
function run(command: string, folder: string): Run {
  const options = { env: envOf(folder), cwd: '/', uid: NOBODY, gid: NOBODY };
  return watch(spawn(process.execPath, [main, command], options));
}

/** The same where every file system is mounted read-only, for root too, but for one in memory at `folder`. */
const readOnly = `
set -e
mount --make-rprivate /
mount -t tmpfs -o size=64m,mode=700,uid=${NOBODY},gid=${NOBODY} tmpfs "$DATA_DIR"
cut -d ' ' -f 5 /proc/self/mountinfo | while read -r place; do
  case "$place" in "$DATA_DIR" | /proc* | /sys* | /dev*) ;; *) mount -o remount,bind,ro "$place" ;; esac
done
for place in / /tmp /var/tmp "$(dirname "$1")"; do
  if touch "$place/captiond-was-here" 2>/dev/null; then echo "$place can be written to"; exit 99; fi
done
# The hooks of the test's runner write into the project's folder.
unset NODE_OPTIONS
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$0" "$@"
`;

function runReadOnly(command: string, folder: string): Run {
  const script = ['-m', 'sh', '-c', readOnly, process.execPath, main, command];
  return watch(spawn('unshare', script, { env: envOf(folder), cwd: '/' }));
}

/** Port of HTTP, or of RTMP, once it is listened on. @throws Error with the output when it ends before */
async function portOf({ child, output, exited }: Run, scheme = 'http'): Promise<number> {
  const address = new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`);
  for (;;) {
    const port = address.exec(output.text)?.[1];
    if (port !== undefined) return Number(port);
    await Promise.race([...streamsOf(child).map((stream) => once(stream, 'data')), exited]);
    if (child.exitCode !== null) throw new Error(output.text);
  }
}

void t.test('doctor finds everything', { skip }, async (t) => {
  await using folder = await dataFolder();
  const { output, exited } = run('doctor', folder.path);
  t.equal((await exited)[0], 0, output.text);
});

void t.test('the server starts, is alive for the health check, and stops in order', { skip }, async (t) => {
  await using folder = await dataFolder();
  const server = run('serve', folder.path);
  const { child, output, exited } = server;
  const port = String(await portOf(server));
  t.ok(await isAlive({ HTTP_PORT: port }));
  t.ok(await isAlive({ HTTP_PORT: port, HTTP_HOST: 'localhost' }));
  t.notOk(await isAlive({ HTTP_PORT: '1' }), 'nobody answers there');
  t.notOk(await isAlive({ HTTP_PORT: 'none' }), 'options that cannot be used are no life either');
  child.kill('SIGTERM');
  t.equal((await exited)[0], 0, output.text);
  t.notOk(await isAlive({ HTTP_PORT: port }));
});

void t.test('with everything mounted read-only it finds all it needs', { skip: skipMounts }, async (t) => {
  await using folder = await dataFolder();
  const { output, exited } = runReadOnly('doctor', folder.path);
  t.equal((await exited)[0], 0, output.text);
});

void t.test(
  'with everything mounted read-only it takes a session and stops in order',
  { skip: skipMounts },
  async (t) => {
    await using folder = await dataFolder();
    const server = runReadOnly('serve', folder.path);
    const http = await portOf(server);
    t.ok(await isAlive({ HTTP_PORT: String(http) }));
    const publisher = await publishRtmp({ port: await portOf(server, 'rtmp'), name: 'talk' });
    const read = await fetch(`http://127.0.0.1:${http}/sessions/talk/transcript.json`);
    t.match(await read.json(), { slug: 'talk' }, 'its run is in the log');
    publisher.abort();
    server.child.kill('SIGTERM');
    t.equal((await server.exited)[0], 0, server.output.text);
    t.notMatch(server.output.text, /EROFS|EACCES|"level":"error"/);
  },
);
