/** The viewer client as others get it: what is packed, its types, its example against a running server. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { clientTypes, clientTypesFolder, compile } from '../support/client-types.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';
import { projectRoot } from '../support/source-files.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'captiond-client-'));
t.teardown(() => rm(folder, { recursive: true }));
const installed = join(folder, 'node_modules/captiond');
const cwd = fileURLToPath(projectRoot);
const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd });
const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
await mkdir(installed, { recursive: true });
await run('tar', ['-xzf', join(folder, packed.filename), '-C', installed, '--strip-components=1']);
await writeFile(join(folder, 'package.json'), '{"type":"module"}');

/** What a program beside the installed package prints while a session of two finals and a gap runs and ends. */
async function printed(program: string): Promise<string> {
  const sessions = new ScriptedSessions();
  await using server = await startHttp({ directory: sessions });
  const child = spawn(process.execPath, [program, `ws://${server.host}/sessions/talk/live`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = text(child.stdout);
  // It has been told that there is no such session yet, and will try again.
  await once(child.stderr, 'data');
  const session = sessions.start('talk');
  session.final('a', 'Ask not.');
  session.channel.gap(2_500, 3_000, 'audio_lost');
  session.final('b', 'What you can do.');
  session.end();
  const [code] = await once(child, 'exit');
  t.equal(code, 0);
  return output;
}

void t.test('types are those of the code (npm run docs writes them)', async (t) => {
  const made = await clientTypes();
  t.strictSame((await readdir(clientTypesFolder)).toSorted(), [...made.keys()]);
  for (const [name, declarations] of made) {
    t.equal(await readFile(new URL(name, clientTypesFolder), 'utf8'), declarations, name);
  }
});

void t.test('the package has the program, the client and its types, and no tests', (t) => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of ['runtime/main.ts', 'runtime/client/viewer.js', 'runtime/client/types/viewer.d.ts', 'LICENSE']) {
    t.ok(paths.includes(path), path);
  }
  const tests = paths.filter((path) => path.startsWith('test/') && !path.startsWith('test/fixtures/speech/'));
  t.strictSame(tests, [], 'but the speech of the demo');
  t.end();
});

void t.test('the example prints a session to its end', async (t) => {
  const printedLines = await printed(join(installed, 'runtime/client/example.js'));
  t.equal(printedLines, '1 Ask not.\n2 … 500 ms not transcribed\n3 What you can do.\n4 ended: publisher_ended\n');
});

void t.test('the example of the page runs as it stands there', async (t) => {
  const page = await readFile(new URL('runtime/client/README.md', projectRoot), 'utf8');
  const [, example = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  const program = example.replace(`'ws://127.0.0.1:8080/sessions/talk/live'`, 'process.argv[2]');
  t.not(program, example);
  await writeFile(join(folder, 'page.js'), `${program}console.error('(started)');\n`);
  t.equal(await printed('page.js'), '1 Ask not.\n… 500 ms not transcribed\n3 What you can do.\n');
});

void t.test('a strict TypeScript project sees typed messages', async (t) => {
  const language = ['--noEmit', '--target', 'es2024', '--module', 'nodenext', '--lib', 'es2024,dom', '--types', ''];
  await writeFile(
    join(folder, 'good.ts'),
    `import { Viewer } from 'captiond/client';
     const viewer = new Viewer({
       url: 'ws://127.0.0.1/',
       language: 'fr',
       listeners: { final: ({ offset, text }) => console.log(offset.toFixed(), text.trim()) },
     });
     viewer.close();`,
  );
  await compile([...language, 'good.ts'], folder);
  await writeFile(
    join(folder, 'bad.ts'),
    `import { Viewer } from 'captiond/client';
     new Viewer({ url: 'ws://127.0.0.1/', listeners: { final: ({ offset }) => offset.trim() } });`,
  );
  await t.rejects(compile([...language, 'bad.ts'], folder), { message: /'trim' does not exist on type 'number'/ });
});
