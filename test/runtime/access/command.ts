/** `captiond token`: one line that the server takes, or everything that is wrong with the call. */
import t from 'tap';
import { Tokens } from '../../../runtime/access/tokens.ts';
import { printToken } from '../../../runtime/token.ts';
import { runCaptiond } from '../../harness.ts';
import { SECRET } from '../../support/bad-tokens.ts';

async function run(args: string, env: Record<string, string> = { AUTH_SECRET: SECRET }) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const output = { print: (line: string) => printed.push(line), complain: (line: string) => complaints.push(line) };
  const code = await printToken(args.split(' '), env, output);
  return { code, printed, complaints: complaints.join('\n') };
}

const times: [ttl: string, seconds: number][] = [
  ['90s', 90],
  ['15m', 900],
  ['1h', 3_600],
  ['30d', 2_592_000],
];

void t.test('the token allows what was asked for, for as long', async (t) => {
  for (const [ttl, seconds] of times) {
    const { code, printed } = await run(`--session talk --scope publish,view --ttl ${ttl}`);
    t.equal(code, 0);
    t.equal(printed.length, 1);
    const claims = await new Tokens(SECRET).read(printed[0] ?? '');
    if (typeof claims === 'string') throw new Error(claims);
    t.match(claims, { session: 'talk', scopes: new Set(['publish', 'view']) });
    t.ok(Math.abs(claims.expiresAtMs - Date.now() - seconds * 1_000) < 5_000, ttl);
  }
  const { printed } = await run('--session * --scope admin');
  t.match(await new Tokens(SECRET).read(printed[0] ?? ''), { session: '*', scopes: new Set(['admin']) });
});

void t.test('all faults are said at once', async (t) => {
  const { code, printed, complaints } = await run('--session No --scope root --ttl soon --color red', {});
  t.equal(code, 2);
  t.strictSame(printed, []);
  for (const fault of [/--session must be/, /--scope must be/, /--ttl must be/, /color/, /AUTH_SECRET must be set/]) {
    t.match(complaints, fault);
  }
  t.match((await run('')).complaints, /--session must be[\s\S]*--scope must be/);
  t.match((await run('--session talk --scope view', { AUTH_SECRET: 'short' })).complaints, /AUTH_SECRET must be 32/);
  for (const ttl of ['0s', '1', '-1h', '1w', '9999d', '1.5h']) {
    t.match(await run(`--session talk --scope view --ttl=${ttl}`), { code: 2, complaints: /--ttl must be/ }, ttl);
  }
});

void t.test('the program prints the token and nothing else', async (t) => {
  await using program = runCaptiond(['token', '--session', 'talk', '--scope', 'view'], { AUTH_SECRET: SECRET });
  t.equal((await program.exited).code, 0);
  t.match(program.output.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  t.equal(program.output.stderr, '');
  await using without = runCaptiond(['token', '--session', 'talk', '--scope', 'view'], { AUTH_SECRET: '' });
  t.equal((await without.exited).code, 2);
  t.match(without.output.stderr, /AUTH_SECRET must be set/);
});
