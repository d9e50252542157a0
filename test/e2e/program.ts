import { createServer } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import { runCaptiond } from '../harness.ts';

const READY = /captiond is ready/;

void t.test('--help names every command and ends with exit code 0', async (t) => {
  await using program = runCaptiond(['--help']);
  t.strictSame(await program.exited, { code: 0, signal: null });
  for (const command of ['serve', 'demo', 'doctor', 'token']) t.match(program.output.stdout, command);
  t.match(program.output.stdout, 'PUBLISHER_GRACE_MS');
});

void t.test('wrong options end with exit code 2, all named at once, before anything starts', async (t) => {
  await using program = runCaptiond(['serve'], { PCM_CHUNK_SIZE_MS: '5', MAX_SESSIONS: 'many', RTMP_HOST: '0.0.0.0' });
  t.strictSame(await program.exited, { code: 2, signal: null });
  t.match(program.output.stderr, /PCM_CHUNK_SIZE_MS=5 .*20.*500/);
  t.match(program.output.stderr, /MAX_SESSIONS=many/);
  t.match(program.output.stderr, /RTMP_HOST=0\.0\.0\.0 .*AUTH_SECRET/);
  t.equal(program.output.stdout, '');
});

void t.test('an unknown command ends with exit code 2 and names those that exist', async (t) => {
  await using program = runCaptiond(['serv']);
  t.strictSame(await program.exited, { code: 2, signal: null });
  t.match(program.output.stderr, /serve.*demo.*doctor/);
});

void t.test('a taken port ends with exit code 3 and is named', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  t.teardown(() => holder.close());
  await using program = runCaptiond(['serve'], { RTMP_PORT: port });
  t.strictSame(await program.exited, { code: 3, signal: null });
  t.match(program.output.stderr, port);
});

void t.test('without ffmpeg at FFMPEG_PATH it ends with exit code 1 and says how to get one', async (t) => {
  await using program = runCaptiond(['serve'], { FFMPEG_PATH: '/nonexistent/ffmpeg' });
  t.strictSame(await program.exited, { code: 1, signal: null });
  t.match(program.output.stderr, /FFMPEG_PATH/);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  void t.test(`${signal} ends an idle server in order with exit code 0`, async (t) => {
    await using program = runCaptiond(['serve']);
    await program.printed(READY);
    program.child.kill(signal);
    t.strictSame(await program.exited, { code: 0, signal: null });
  });
}
