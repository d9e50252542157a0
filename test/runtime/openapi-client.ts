/** A client made from the document by other people's tools: its types fit, and it calls every route of a running server. */
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import { openAccess } from '../../runtime/access/port.ts';
import type { TokenOrder } from '../../runtime/access/port.ts';
import { Tokens } from '../../runtime/access/tokens.ts';
import { SECRET } from '../support/bad-tokens.ts';
import { DescribedApi } from '../support/described-api.ts';
import type { ApiDocument } from '../support/described-api.ts';
import { clientOf, compileClient } from '../support/openapi-client.ts';
import { startHttp } from '../support/http-server.ts';
import { ScriptedSessions } from '../support/scripted-sessions.ts';
import { projectRoot } from '../support/source-files.ts';

/** As much of `calls.ts` as is used. */
interface Calls {
  callAll: (baseUrl: string) => Promise<{ called: string[]; faults: string[] }>;
}

const sessions = new ScriptedSessions();
sessions.start('talk').final('a', 'One.');
const tokens = new Tokens(SECRET);
const access = { ...openAccess, issue: (order: TokenOrder) => tokens.issue(order) };
const server = await startHttp({ directory: sessions, access });
const folder = await mkdtemp(join(tmpdir(), 'captiond-api-'));
t.teardown(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
const calls = join(folder, 'calls.ts');
const document = await (await fetch(server.url('/openapi.json'))).text();
await writeFile(join(folder, 'package.json'), '{"type":"module"}');
await symlink(fileURLToPath(new URL('node_modules', projectRoot)), join(folder, 'node_modules'));
await copyFile(new URL('test/fixtures/openapi-client/calls.ts', projectRoot), calls);
await writeFile(join(folder, 'api.d.ts'), await clientOf(document, folder));

void t.test('the calls fit the types that are made from the document', async (t) => {
  await t.resolves(compileClient(calls));
  const source = await readFile(calls, 'utf8');
  const wrong = join(folder, 'wrong.ts');
  await writeFile(wrong, source.replace("client.GET('/healthz')", "client.GET('/health')"));
  await t.rejects(compileClient(wrong), /wrong\.ts\(\d+/, 'a call that does not is seen');
});

void t.test('every route is called, and answers what the types say', async (t) => {
  const { callAll } = (await import(pathToFileURL(calls).href)) as Calls;
  const { called, faults } = await callAll(server.url(''));
  t.strictSame(faults, []);
  const { operations } = new DescribedApi(JSON.parse(document) as ApiDocument);
  const missed = operations.filter(({ method, path }) => {
    const address = new RegExp(`^${method} ${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
    return !called.some((each) => address.test(each));
  });
  t.strictSame(
    missed.map(({ operationId }) => operationId),
    [],
  );
});
