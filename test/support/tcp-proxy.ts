/**
 * A TCP proxy on loopback with toxiproxy's verbs, for all of its connections or for one.
 *
 *     await using proxy = await tcpProxy(server.port);
 *     const heal = proxy.poison({ type: 'latency', latencyMs: 200 });   // all, those that come later too
 *     proxy.connections[0]?.poison({ type: 'timeout', timeoutMs: 0 });  // this one hangs
 *     await proxy.down(); await proxy.up();                             // nobody at home, and back on the same port
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { ToxicPipe } from './toxics.ts';
import type { Toxic } from './toxics.ts';

/** `upstream`: from the client to the target. */
export type Direction = 'upstream' | 'downstream' | 'both';

/** Of what a client says first, for telling connections apart. */
const HEAD_MAX_BYTES = 1_024;

interface Poisoning {
  toxic: Toxic;
  direction: Direction;
}

export interface TcpProxyOptions {
  /** From 0 to 1; for jitter and sizes. */
  random?: () => number;
  onConnection?: (connection: ProxyConnection) => void;
}

/** A proxy that listens on a free port. */
export async function tcpProxy(targetPort: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort, options);
  await proxy.up();
  return proxy;
}

export class TcpProxy implements AsyncDisposable {
  /** Open ones, oldest first. */
  readonly connections: ProxyConnection[] = [];
  readonly #targetPort: number;
  readonly #options: TcpProxyOptions;
  readonly #poisonings = new Set<Poisoning>();
  #server: Server | undefined;
  #port = 0;

  constructor(targetPort: number, options: TcpProxyOptions) {
    this.#targetPort = targetPort;
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  /** Poisons every connection, those that come later too, until the returned function is called. */
  poison(toxic: Toxic, direction: Direction = 'both'): () => void {
    const poisoning = { toxic, direction };
    this.#poisonings.add(poisoning);
    for (const connection of this.connections) connection.arm(toxic);
    return () => {
      this.#poisonings.delete(poisoning);
      for (const connection of this.connections) connection.disarm(toxic);
    };
  }

  /** Refuses connections and cuts those that are open. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    for (const connection of this.connections.slice()) connection.cut('close');
    await once(server, 'close');
  }

  /** Listens, on the port that it had before. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#join(client));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  #join(client: Socket): void {
    const target = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const connection = new ProxyConnection({ client, target }, () => this.#poisonings, this.#options.random);
    this.connections.push(connection);
    void connection.closed.then(() => this.connections.splice(this.connections.indexOf(connection), 1));
    for (const { toxic } of this.#poisonings) connection.arm(toxic);
    this.#options.onConnection?.(connection);
  }
}

/** Who ended a connection. */
export type Ender = 'client' | 'target' | 'proxy';

interface Ends {
  client: Socket;
  target: Socket;
}

export class ProxyConnection {
  readonly openedAtMs: number = performance.now();
  /** Resolves when the target closed its side, in order or not; the client of a hanging connection hears nothing of it. */
  readonly targetLeft: Promise<void>;
  /** The same for the client. */
  readonly clientLeft: Promise<void>;
  /** Resolves, with who began it, when both sides are gone. */
  readonly closed: Promise<Ender>;
  /** The first that the client has said. */
  head = '';
  readonly #ends: Ends;
  readonly #ofProxy: () => Iterable<Poisoning>;
  readonly #own = new Set<Poisoning>();
  readonly #over = new AbortController();
  readonly #pipes: ToxicPipe[];
  readonly #timers = new Map<Toxic, NodeJS.Timeout>();
  #ender: Ender | undefined;
  #isLeft = false;

  constructor(ends: Ends, ofProxy: () => Iterable<Poisoning>, random: () => number = Math.random) {
    this.#ends = ends;
    this.#ofProxy = ofProxy;
    const { client, target } = ends;
    const shared = { random, signal: this.#over.signal, cut: (how: 'close' | 'reset') => this.cut(how) };
    const toxics = (direction: Direction) => (): Toxic[] => this.#toxics(direction);
    const read = (chunk: Buffer): void => {
      if (this.head.length < HEAD_MAX_BYTES) this.head += chunk.toString('latin1', 0, HEAD_MAX_BYTES);
    };
    this.#pipes = [
      new ToxicPipe({ ...shared, from: client, to: target, toxics: toxics('upstream'), onBytes: read }),
      new ToxicPipe({ ...shared, from: target, to: client, toxics: toxics('downstream'), onBytes: () => {} }),
    ];
    this.clientLeft = leaving(client, () => (this.#isLeft = true));
    this.targetLeft = leaving(target, () => (this.#isLeft = true));
    const gone = (socket: Socket, ender: Ender): Promise<void> =>
      new Promise((resolve) => {
        socket.on('error', () => {});
        socket.once('close', (hadError) => {
          this.#left(ender, hadError);
          resolve();
        });
      });
    this.closed = Promise.all([gone(client, 'client'), gone(target, 'target')]).then(() => this.#end());
  }

  /** Is anything done to it, or to all? */
  get isPoisoned(): boolean {
    return this.#own.size > 0 || [...this.#ofProxy()].length > 0;
  }

  /** Poisons this connection until the returned function is called. */
  poison(toxic: Toxic, direction: Direction = 'both'): () => void {
    const poisoning = { toxic, direction };
    this.#own.add(poisoning);
    this.arm(toxic);
    return () => {
      this.#own.delete(poisoning);
      this.disarm(toxic);
    };
  }

  /** Starts what a toxic does by the clock. */
  arm(toxic: Toxic): void {
    if (toxic.type === 'reset_peer') this.#cutAfter(toxic, toxic.timeoutMs, 'reset');
    if (toxic.type === 'timeout' && toxic.timeoutMs > 0) this.#cutAfter(toxic, toxic.timeoutMs, 'close');
    for (const pipe of this.#pipes) pipe.changed();
  }

  /** The toxic is no more. What has hung goes on, as TCP sends again; when one end has left meanwhile, the other is cut. */
  disarm(toxic: Toxic): void {
    clearTimeout(this.#timers.get(toxic));
    this.#timers.delete(toxic);
    if (toxic.type === 'timeout' && this.#isLeft && !this.#isHanging) this.cut('close');
    for (const pipe of this.#pipes) pipe.changed();
  }

  /** Ends both sides at once. */
  cut(how: 'close' | 'reset'): void {
    this.#ender ??= 'proxy';
    this.#over.abort();
    for (const socket of [this.#ends.client, this.#ends.target]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  get #isHanging(): boolean {
    return [...this.#own, ...this.#ofProxy()].some(({ toxic }) => toxic.type === 'timeout');
  }

  #toxics(wanted: Direction): Toxic[] {
    return [...this.#own, ...this.#ofProxy()]
      .filter(({ direction }) => direction === 'both' || direction === wanted)
      .map(({ toxic }) => toxic);
  }

  #cutAfter(toxic: Toxic, timeoutMs: number, how: 'close' | 'reset'): void {
    this.#timers.set(
      toxic,
      setTimeout(() => this.cut(how), timeoutMs),
    );
  }

  /** One side is gone; the other is reset as it was, unless the cable is pulled. What ended in order has been passed on. */
  #left(ender: Ender, hadError: boolean): void {
    this.#ender ??= ender;
    if (hadError && !this.#isHanging) this.cut('reset');
  }

  #end(): Ender {
    this.#over.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    return this.#ender ?? 'proxy';
  }
}

/** Resolves when the socket's peer has left. */
function leaving(socket: Socket, note: () => void): Promise<void> {
  return new Promise((resolve) => {
    const leave = (): void => {
      note();
      resolve();
    };
    socket.once('end', leave).once('close', leave);
  });
}
