/** The option table: defaults, ranges, and what is said about a value that cannot be used. */
import t from 'tap';
import { chosenEngine, describeFaults, readConfig } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config.ts';
import { optionRows } from '../../runtime/options.ts';

function configOf(env: Record<string, string>): Config {
  const read = readConfig(env);
  if (!read.ok) throw new Error(describeFaults(read.faults));
  return read.config;
}

function faultsOf(env: Record<string, string>): string[] {
  const read = readConfig(env);
  return read.ok ? [] : read.faults.map(({ name, value, expected }) => `${name}=${value} ${expected}`);
}

void t.test('without any option everything has the default of the contract', (t) => {
  t.match(configOf({}), {
    rtmpHost: '127.0.0.1',
    rtmpPort: 1935,
    httpHost: '127.0.0.1',
    httpPort: 8080,
    adminHost: '127.0.0.1',
    adminPort: 9464,
    dataDir: './data',
    transcriber: 'auto',
    localModel: 'tiny',
    languages: ['en'],
    pcmChunkSizeMs: 100,
    audioBufferMs: 60_000,
    publisherGraceMs: 30_000,
    publisherTakeover: 'same-credential',
    ffmpegStopMs: 5_000,
    finalizeMs: 10_000,
    heartbeatIntervalMs: 30_000,
    heartbeatMaxMissed: 3,
    viewerQueueMax: 1_000,
    viewerQueueMaxBytes: 1_048_576,
    dedupWindow: 1_000,
    maxSessions: 200,
    maxViewers: 20_000,
    retentionHours: 24,
    allowedOrigins: [],
    drainMs: 15_000,
    logLevel: 'info',
  });
  t.notOk('ffmpegPath' in configOf({}));
  t.end();
});

const numbers: [string, number, number][] = [
  ['PCM_CHUNK_SIZE_MS', 20, 500],
  ['AUDIO_BUFFER_MS', 1_000, 600_000],
  ['PUBLISHER_GRACE_MS', 0, 600_000],
  ['FFMPEG_STOP_MS', 100, 60_000],
  ['SOCKET_CLOSE_MS', 100, 60_000],
  ['FINALIZE_MS', 100, 120_000],
  ['DEDUP_WINDOW', 1, 100_000],
  ['RETENTION_HOURS', 0, 8_760],
  ['AI_LEASE_MS', 500, 60_000],
  ['DRAIN_MS', 0, 600_000],
  ['RTMP_PORT', 0, 65_535],
];

void t.test('numbers are taken from end to end of their range, and no further', (t) => {
  for (const [name, minimum, maximum] of numbers) {
    for (const value of [minimum, maximum]) t.strictSame(faultsOf({ [name]: String(value) }), [], `${name}=${value}`);
    const expected = `must be a whole number from ${minimum} to ${maximum}`;
    for (const value of [minimum - 1, maximum + 1, 'ten', '1.5', '1e3', '0x10']) {
      t.strictSame(faultsOf({ [name]: String(value) }), [`${name}=${value} ${expected}`]);
    }
  }
  t.end();
});

const words: [string, string, RegExp][] = [
  ['TRANSCRIBER', 'whisper', /must be one of auto, gladia, local/],
  ['GLADIA_URL', 'gladia', /must be a web address/],
  ['GLADIA_REGION', 'mars', /must be one of eu-west, us-west/],
  ['LOCAL_MODEL', 'huge', /must be one of tiny, base, tiny\+base, or a folder/],
  ['LANGUAGES', 'english!', /must be language tags between commas/],
  ['LANGUAGES', 'fr', /must be en: the built-in engine hears English only/],
  ['LANGUAGES', 'en,fr', /must be en/],
  ['PUBLISHER_TAKEOVER', 'always', /must be one of same-credential, reject/],
  ['LOG_LEVEL', 'loud', /must be one of debug, info, warn, error/],
  ['ALLOWED_ORIGINS', 'captions.example', /must be origins between commas/],
  ['ALLOWED_ORIGINS', 'https://captions.example/page', /must be origins/],
  ['RTMP_HOST', 'not a host', /must be an IP address or a host name/],
  ['HTTP_HOST', '0.0.0.0', /must be a loopback address.*AUTH_SECRET must be set/],
  ['RTMP_HOST', '::', /must be a loopback address/],
  ['ADMIN_HOST', '192.168.1.2', /must be a loopback address/],
];

void t.test('words, hosts, languages and origins are checked', (t) => {
  for (const [name, value, sentence] of words) {
    const faults = faultsOf({ [name]: value });
    t.equal(faults.length, 1, `${name}=${value}`);
    t.match(faults[0], sentence);
  }
  t.strictSame(configOf({ ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080' }).allowedOrigins, [
    ...['https://a.example', 'http://b.example:8080'],
  ]);
  t.equal(configOf({ LOCAL_MODEL: './models/mine' }).localModel, './models/mine');
  t.end();
});

void t.test('with a secret or a service that decides, listeners may be anywhere', (t) => {
  const hosts = { RTMP_HOST: '0.0.0.0', HTTP_HOST: '::', ADMIN_HOST: '192.168.1.2' };
  t.equal(faultsOf(hosts).length, 3, 'each is named');
  t.strictSame(faultsOf({ ...hosts, AUTH_SECRET: 'é'.repeat(16) }), [], 'bytes count, not letters');
  t.strictSame(faultsOf({ ...hosts, AUTH_HOOK_URL: 'http://127.0.0.1:9/auth?key=k' }), []);
  const short = faultsOf({ ...hosts, AUTH_SECRET: 'a'.repeat(31) });
  t.strictSame(short.length, 1, 'what is wrong is the secret');
  t.match(short[0], /^AUTH_SECRET=\[hidden\] must be 32 bytes or more/);
  t.match(faultsOf({ AUTH_HOOK_URL: 'canary' })[0], /^AUTH_HOOK_URL=\[hidden\] must be a web address/);
  t.end();
});

void t.test('certificate and key go together; in clear off loopback is said', (t) => {
  const files = { TLS_CERT_FILE: 'a.crt', TLS_KEY_FILE: 'a.key' };
  t.match(configOf(files), { tlsCertFile: 'a.crt', tlsKeyFile: 'a.key' });
  t.match(faultsOf({ TLS_CERT_FILE: 'a.crt' }), [/^TLS_KEY_FILE= must be set too/]);
  t.match(faultsOf({ TLS_KEY_FILE: 'a.key' }), [/^TLS_CERT_FILE= must be set too/]);
  const open = { HTTP_HOST: '0.0.0.0', AUTH_SECRET: 'a'.repeat(32) };
  t.match(readConfig(open).warnings, [/travel in clear.*HTTP_HOST=0\.0\.0\.0/]);
  t.strictSame(readConfig({ ...open, ...files }).warnings, []);
  t.strictSame(readConfig({}).warnings, []);
  t.end();
});

void t.test('two listeners cannot have one port, unless it is any free one', (t) => {
  t.match(faultsOf({ RTMP_PORT: '9000', HTTP_PORT: '9000' }), [/HTTP_PORT=9000 must be another port than RTMP_PORT/]);
  t.strictSame(faultsOf({ RTMP_PORT: '0', HTTP_PORT: '0', ADMIN_PORT: '0' }), []);
  t.end();
});

void t.test('all faults are told at once, in the order of the table', (t) => {
  const read = readConfig({ DRAIN_MS: '-1', RTMP_PORT: 'x', LOG_LEVEL: '?' });
  if (read.ok) throw new Error('taken');
  const text = describeFaults(read.faults);
  t.match(text, /^3 options cannot be used:\n {2}RTMP_PORT=x .*\n {2}DRAIN_MS=-1 .*\n {2}LOG_LEVEL=\? .*$/);
  t.end();
});

void t.test('a secret is never shown', (t) => {
  t.match(faultsOf({ AUTH_SECRET: 'canary', GLADIA_API_KEY: 'canary' }).join(), /AUTH_SECRET=\[hidden\]/);
  t.notMatch(faultsOf({ AUTH_SECRET: 'canary', GLADIA_API_KEY: 'canary', OPENAI_API_KEY: 'canary' }).join(), /canary/);
  t.end();
});

void t.test('set to nothing is not set; spaces around a value do not count', (t) => {
  t.equal(configOf({ DRAIN_MS: '' }).drainMs, 15_000);
  t.equal(configOf({ DRAIN_MS: ' 7 ' }).drainMs, 7);
  t.end();
});

void t.test('a name that looks like a misspelt option is pointed out', (t) => {
  const warnings = (name: string): string[] => readConfig({ [name]: '1' }).warnings;
  for (const [name, meant] of [
    ['RTMP_PROT', 'RTMP_PORT'],
    ['HTTP_PORTS', 'HTTP_PORT'],
    ['DRAIN', 'DRAIN_MS'],
    ['MAX_VIEWER', 'MAX_VIEWERS'],
  ] as const) {
    t.strictSame(warnings(name), [`${name} is not an option; did you mean ${meant}?`]);
  }
  for (const name of ['PATH', 'LANGUAGE', 'PORT', 'HOME']) t.strictSame(warnings(name), []);
  t.ok(optionRows.length > 35);
  t.end();
});

void t.test('the engine is the one that was asked for, else Gladia where there is a key', (t) => {
  const engineOf = (env: Record<string, string>): string => chosenEngine(configOf(env));
  t.equal(engineOf({}), 'local');
  t.equal(engineOf({ GLADIA_API_KEY: 'k' }), 'gladia');
  t.equal(engineOf({ GLADIA_API_KEY: 'k', TRANSCRIBER: 'local' }), 'local');
  t.equal(engineOf({ GLADIA_API_KEY: 'k', TRANSCRIBER: 'gladia' }), 'gladia');
  t.match(faultsOf({ TRANSCRIBER: 'gladia' }), [
    /GLADIA_API_KEY= must be set for TRANSCRIBER=gladia|GLADIA_API_KEY=\[hidden\] must be set/,
  ]);
  t.strictSame(configOf({ GLADIA_API_KEY: 'k', LANGUAGES: 'fr,en' }).languages, ['fr', 'en']);
  t.equal(configOf({ GLADIA_URL: 'http://127.0.0.1:9/' }).gladiaUrl, 'http://127.0.0.1:9');
  t.end();
});
