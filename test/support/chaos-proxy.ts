/** A TCP proxy whose connections are cut at random moments: in the middle of frames, from either side, or after silence. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface ChaosProxy extends AsyncDisposable {
  port: number;
  /** Connections cut so far. */
  cuts: number;
  /** Cuts none from now on. */
  calm(): void;
}

/** @param lifeMs Shortest and longest life of a connection. */
export async function chaosProxy(
  targetPort: number,
  random: () => number,
  [shortestMs, longestMs]: readonly [number, number],
): Promise<ChaosProxy> {
  const pairs = new Set<Pair>();
  let isCalm = false;
  const server = createServer((client) => {
    const pair = join(client, targetPort, () => pairs.delete(pair));
    pairs.add(pair);
    const lifeMs = shortestMs + random() * (longestMs - shortestMs);
    const cut = setTimeout(() => {
      if (isCalm) return;
      proxy.cuts += 1;
      cutPair(pair, random());
    }, lifeMs);
    client.on('close', () => clearTimeout(cut));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: ChaosProxy = {
    port: (server.address() as AddressInfo).port,
    cuts: 0,
    calm: () => void (isCalm = true),
    async [Symbol.asyncDispose]() {
      for (const { client } of pairs) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

interface Pair {
  client: Socket;
  target: Socket;
}

function join(client: Socket, targetPort: number, onClosed: () => void): Pair {
  const target = connect(targetPort, '127.0.0.1');
  client.on('error', () => {}).on('close', () => target.destroy());
  target.on('error', () => {}).on('close', () => client.destroy());
  client.on('close', onClosed);
  client.pipe(target).pipe(client);
  return { client, target };
}

function cutPair({ client, target }: Pair, kind: number): void {
  if (kind < 0.3) client.resetAndDestroy();
  else if (kind < 0.6) target.resetAndDestroy();
  else client.destroy();
}
