/** The server's own requests: checked addresses, no redirects, bounded in time and size. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { post, PostError } from '../../../runtime/outgoing/post.ts';
import type { Post, Resolve } from '../../../runtime/outgoing/post.ts';

const LOOPBACK = { address: '127.0.0.1', family: 4 };
const PUBLIC = { address: '93.184.216.34', family: 4 };

async function target(answer: RequestListener, host = '127.0.0.1') {
  const asked: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (data: string) => (body += data));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'} ${body}`);
      answer(request, response);
    });
  });
  server.on('connection', () => (connections += 1)).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    port,
    get connections() {
      return connections;
    },
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function reasonOf(url: string, more: Partial<Post> = {}, resolve?: Resolve): Promise<string> {
  const wanted: Post = { url: new URL(url), author: 'operator', body: '{}', timeoutMs: 2_000, ...more };
  return post(wanted, resolve).then(
    ({ status }) => String(status),
    (error: unknown) => (error instanceof PostError ? error.reason : String(error)),
  );
}

void t.test("an operator's own machine is asked, with the credential of the address", async (t) => {
  using there = await target((_request, response) => response.writeHead(202, { 'x-a': 'b' }).end('fine'));
  const url = new URL(`http://me:secret@localhost:${there.port}/hook?a=1`);
  const answer = await post({ url, author: 'operator', body: '{"a":1}', timeoutMs: 2_000 });
  t.match(answer, { status: 202, body: 'fine', headers: { 'x-a': 'b' } });
  t.strictSame(there.asked, [`POST /hook?a=1 Basic ${btoa('me:secret')} {"a":1}`]);
});

void t.test('a name that leads inside is refused before anything is connected', async (t) => {
  using there = await target((_request, response) => response.end());
  const at = (host: string) => `http://${host}:${there.port}/`;
  const resolve: Resolve = () => Promise.resolve([LOOPBACK]);
  t.equal(await reasonOf(at('hook.example'), {}, resolve), 'address_refused');
  const mixed: Resolve = () => Promise.resolve([PUBLIC, LOOPBACK]);
  t.equal(await reasonOf(at('hook.example'), {}, mixed), 'address_refused', 'one of its addresses is enough');
  const mapped: Resolve = () => Promise.resolve([{ address: '::ffff:7f00:1', family: 6 }]);
  t.equal(await reasonOf(at('hook.example'), {}, mapped), 'address_refused');
  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', 'localhost']) {
    t.equal(await reasonOf(at(host), { author: 'stranger' }), 'address_refused', host);
  }
  t.equal(await reasonOf('http://169.254.169.254/latest/meta-data/'), 'address_refused');
  t.equal(there.connections, 0);
});

void t.test('a name is resolved once: what it becomes after the check is never connected to', async (t) => {
  using there = await target((_request, response) => response.end(), '127.0.0.5');
  let asked = 0;
  const rebinding: Resolve = () => {
    asked += 1;
    return Promise.resolve([asked === 1 ? { address: '127.0.0.5', family: 4 } : LOOPBACK]);
  };
  t.equal(await reasonOf(`http://localhost:${there.port}/`, {}, rebinding), '200');
  t.equal(asked, 1);
  t.equal(there.connections, 1, 'the address that was checked, not what the system says of the name');
});

void t.test('a redirect is an answer and is not followed', async (t) => {
  using inside = await target((_request, response) => response.end());
  const location = `http://127.0.0.1:${inside.port}/`;
  using there = await target((_request, response) => response.writeHead(307, { location }).end());
  t.equal(await reasonOf(`http://127.0.0.1:${there.port}/`), '307');
  t.equal(inside.connections, 0);
});

void t.test('what takes too long, says too much or is not there is an error', async (t) => {
  using silent = await target(() => {});
  t.equal(await reasonOf(`http://127.0.0.1:${silent.port}/`, { timeoutMs: 100 }), 'timeout');
  using dripping = await target((_request, response) => void response.writeHead(200).write('a'));
  t.equal(await reasonOf(`http://127.0.0.1:${dripping.port}/`, { timeoutMs: 100 }), 'timeout', 'in the middle of it');
  const never: Resolve = () => new Promise(() => {});
  t.equal(await reasonOf('http://hook.example/', { timeoutMs: 100 }, never), 'timeout', 'while it is resolved');
  using loud = await target((_request, response) => response.end('x'.repeat(100_000)));
  t.equal(await reasonOf(`http://127.0.0.1:${loud.port}/`), 'answer_too_large');
  t.equal(await reasonOf(`http://127.0.0.1:${loud.port}/`, { answerMaxBytes: 200_000 }), '200');
  t.equal(await reasonOf('http://127.0.0.1:1/'), 'unreachable');
  t.equal(await reasonOf('http://hook.example/', {}, () => Promise.reject(new Error('ENOTFOUND'))), 'unresolved');
});

void t.test('whoever asked can give it up', async (t) => {
  using silent = await target(() => {});
  const abort = new AbortController();
  const waiting = reasonOf(`http://127.0.0.1:${silent.port}/`, { signal: abort.signal });
  abort.abort();
  t.equal(await waiting, 'timeout');
});
