/** `captiond doctor`: one line for each thing that is needed, what is missing and how to get it. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { doctor } from '../../runtime/doctor.ts';
import { HELP_COLUMNS, helpText } from '../../runtime/help.ts';
import { optionRows } from '../../runtime/options.ts';

const folder = await mkdtemp(join(tmpdir(), 'captiond-doctor-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const usual = { RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0', DATA_DIR: folder, PATH: process.env['PATH'] ?? '' };

async function examined(env: Record<string, string>): Promise<{ exitCode: number; lines: string[] }> {
  const lines: string[] = [];
  const exitCode = await doctor({ ...usual, ...env }, (line) => void lines.push(line));
  return { exitCode, lines };
}

void t.test('all is here: a line for each thing, exit code 0', async (t) => {
  const { exitCode, lines } = await examined({});
  t.equal(exitCode, 0, lines.join('\n'));
  for (const what of [
    'node',
    'options',
    'ffmpeg',
    'engine',
    'RTMP_PORT',
    'HTTP_PORT',
    'ADMIN_PORT',
    'DATA_DIR',
    'access',
    'TLS',
  ]) {
    t.equal(lines.filter((line) => line.slice(9).startsWith(what)).length, 1, what);
  }
  t.match(lines.at(-1), 'Everything that captiond needs is here.');
});

void t.test('credentials are examined, and never shown', async (t) => {
  const secret = 'canary-canary-canary-canary-canary';
  const tls = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
  const { exitCode, lines } = await examined({
    AUTH_SECRET: secret,
    AUTH_HOOK_URL: `http://127.0.0.1:1/?key=${secret}`,
    TLS_CERT_FILE: tls('first.crt'),
    TLS_KEY_FILE: tls('first.key'),
  });
  t.equal(exitCode, 0, lines.join('\n'));
  t.match(lines.join('\n'), /ok +access +tokens \(AUTH_SECRET\) and a service of yours/);
  t.match(lines.join('\n'), /ok +TLS +the certificate is good until 21/);
  t.notMatch(lines.join('\n'), /canary/);
  const strange = await examined({ TLS_CERT_FILE: tls('first.crt'), TLS_KEY_FILE: tls('second.key') });
  t.equal(strange.exitCode, 1);
  t.match(strange.lines.join('\n'), /MISSING +TLS .*is not that of/);
  const short = await examined({ AUTH_SECRET: 'canary' });
  t.equal(short.exitCode, 2);
  t.match(short.lines.join('\n'), /AUTH_SECRET=\[hidden\] must be 32 bytes/);
});

void t.test('something is missing: the line says what to do, exit code 1', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  t.teardown(() => blocker.close());
  const { port } = blocker.address() as AddressInfo;
  const file = join(folder, 'file');
  await writeFile(file, '');
  const cases: [Record<string, string>, RegExp][] = [
    [{ FFMPEG_PATH: '/nowhere/ffmpeg' }, /^MISSING {2}ffmpeg .*no such file.*set FFMPEG_PATH/],
    [{ HTTP_PORT: String(port) }, /^MISSING {2}HTTP_PORT .*is taken by another program; stop it or set HTTP_PORT/],
    [{ DATA_DIR: file }, /^MISSING {2}DATA_DIR .*set DATA_DIR to one that can/],
    [{ LOCAL_MODEL: './nowhere' }, /^MISSING {2}engine .*model\.json cannot be read/],
  ];
  for (const [env, line] of cases) {
    const { exitCode, lines } = await examined(env);
    t.equal(exitCode, 1);
    t.equal(lines.filter((each) => line.test(each)).length, 1, lines.join('\n'));
  }
});

void t.test('wrong options: each named, the rest examined as far as it can be, exit code 2', async (t) => {
  const { exitCode, lines } = await examined({ DRAIN_MS: 'x', RTMP_PORT: 'y' });
  t.equal(exitCode, 2);
  t.match(lines.join('\n'), /options {5}DRAIN_MS=x must be a whole number/);
  t.match(lines.join('\n'), /options {5}RTMP_PORT=y must be a whole number/);
  t.match(lines.join('\n'), /ffmpeg/);
});

void t.test('--help has every option with its default, in lines that fit', (t) => {
  const text = helpText();
  const flowing = text.replace(/\s+/g, ' ');
  for (const [name, row] of optionRows) {
    t.match(text, new RegExp(`^  ${name} `, 'm'));
    const shown = row.fallbackShown ?? row.fallback ?? '–';
    if (shown !== '–') t.match(flowing, `default ${shown}`);
  }
  t.ok(text.split('\n').every((line) => line.length <= HELP_COLUMNS));
  t.end();
});
