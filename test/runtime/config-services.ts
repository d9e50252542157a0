/** Options of the services that the server calls: the language model and the receiver of webhooks. */
import t from 'tap';
import { describeFaults, readConfig } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config.ts';
import { openInsights } from '../../runtime/insights.ts';

function configOf(env: Record<string, string>): Config {
  const read = readConfig(env);
  if (!read.ok) throw new Error(describeFaults(read.faults));
  return read.config;
}

function faultsOf(env: Record<string, string>): string[] {
  const read = readConfig(env);
  return read.ok ? [] : read.faults.map(({ name, value, expected }) => `${name}=${value} ${expected}`);
}

const words: [string, string, RegExp][] = [
  ['WEBHOOK_SECRET', 'short', /^WEBHOOK_SECRET=\[hidden\] must be a secret of at least 24 bytes/],
  ['WEBHOOK_EVENTS', 'session.final,session.paused', /must be some of session.started, session.final, session.ended/],
];

void t.test('words are checked', (t) => {
  for (const [name, value, sentence] of words) t.match(faultsOf({ [name]: value }), [sentence], name);
  t.end();
});

void t.test('the server as caller needs an endpoint, a key and a model; all that lack are named', async (t) => {
  const needed = { OPENAI_BASE_URL: 'https://llm.example/v1', OPENAI_API_KEY: 'key', AI_MODEL: 'm' };
  t.strictSame(faultsOf({ AI_MODE: 'server' }), [
    ...Object.keys(needed).map((name) =>
      name === 'OPENAI_API_KEY'
        ? 'OPENAI_API_KEY=[hidden] must be set for AI_MODE=server'
        : `${name}= must be set for AI_MODE=server`,
    ),
  ]);
  t.strictSame(faultsOf({ ...needed, AI_MODE: 'server' }), []);
  t.strictSame(faultsOf(needed), [], 'they may be set in any mode');
  t.equal(await openInsights(configOf(needed)), undefined, 'and are used in that one alone');
  t.match(faultsOf({ ...needed, OPENAI_BASE_URL: 'llm.example' }), [/must be a web address/]);
});

void t.test('the prompt of an operator is read and checked at the start', async (t) => {
  const folder = t.testdir({
    good: 'Be brief.\n',
    empty: ' \n',
    long: 'x'.repeat(32_769),
    binary: Buffer.from([0xff, 0xfe]),
  });
  const options = {
    AI_MODE: 'server',
    OPENAI_BASE_URL: 'https://llm.example/v1',
    OPENAI_API_KEY: 'key',
    AI_MODEL: 'm',
  };
  const open = (file: string) => openInsights(configOf({ ...options, AI_PROMPT_FILE: `${folder}/${file}` }));
  t.equal((await open('good'))?.account.prompt, 'Be brief.');
  const refused: [string, RegExp][] = [
    ['none', /AI_PROMPT_FILE: the file cannot be read \(ENOENT\)/],
    ['empty', /AI_PROMPT_FILE: the file is empty/],
    ['long', /AI_PROMPT_FILE: the file has 32769 bytes/],
    ['binary', /AI_PROMPT_FILE: the file is not UTF-8/],
  ];
  for (const [file, message] of refused) await t.rejects(open(file), { code: 'bad_options', message }, file);
});

void t.test('webhooks need a secret and an address that a request may go to', (t) => {
  t.match(faultsOf({ WEBHOOK_URL: 'https://example.org/hook' }), [
    /^WEBHOOK_SECRET=\[hidden\] must be set for WEBHOOK_URL$/,
  ]);
  const WEBHOOK_SECRET = 'a secret of more than 24 bytes';
  for (const WEBHOOK_URL of ['ftp://example.org', 'hook', 'http://169.254.169.254/latest', 'http://[fe80::1]/']) {
    t.match(faultsOf({ WEBHOOK_URL, WEBHOOK_SECRET }), [/must be a web address such as/], WEBHOOK_URL);
  }
  const config = configOf({
    WEBHOOK_URL: 'http://127.0.0.1:9000/hook/',
    WEBHOOK_SECRET,
    WEBHOOK_EVENTS: 'session.ended',
  });
  t.match(config, { webhookUrl: { href: 'http://127.0.0.1:9000/hook/' }, webhookEvents: ['session.ended'] });
  t.end();
});
