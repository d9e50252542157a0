/** What a search for secrets needs: a collector of what is exported, and the search. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

/** A collector that keeps what it is sent. */
export async function collector() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (data) => bodies.push(String(data)));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { bodies, endpoint: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}

export function holdNone(t: Test, outputs: Readonly<Record<string, string>>, secrets: readonly string[]): void {
  for (const [where, text] of Object.entries(outputs)) {
    t.ok(text.length > 500, `${where}: there is something to search`);
    for (const [index, secret] of secrets.entries()) t.notOk(text.includes(secret), `${where}: secret ${index}`);
  }
}
