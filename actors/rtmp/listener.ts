/** The RTMP listener: accepts publishers within limits, and nothing but publishers. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { addressGroup } from '../address-group.ts';
import type { LimitName, OnLimit } from '../limit-names.ts';
import type { Authorise, Log } from '../ports.ts';
import { Connection } from './connection.ts';
import type { OnCount } from './counts.ts';
import { defaultRtmpLimits } from './limits.ts';
import type { RtmpLimits } from './limits.ts';

const KEEP_ALIVE_MS = 30_000;

export interface RtmpListenerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Asked for every publish request, before the publisher hears anything. */
  authorise: Authorise;
  /** Overrides of `defaultRtmpLimits`. */
  limits?: Partial<RtmpLimits>;
  log: Log;
  onCount?: OnCount;
  /** With it the listener speaks RTMPS alone; asked for every connection, so that certificates may change. */
  secureContext?: () => SecureContext;
  /** Counts a connection in; false when the process has no room for it. */
  admits?: (socket: Socket) => boolean;
  /** A limit has refused or ended a connection. */
  onLimit?: OnLimit;
  /** Does this address stand for many? The limit for one address is not for it. */
  isProxy?: (address: string) => boolean;
}

export interface RtmpListener {
  readonly address: { host: string; port: number };
  /** Open TCP connections. */
  readonly connections: number;
  /** Accepts no more and destroys every connection; their sinks hear `closed`. Resolves when all are gone. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens for RTMP publishers (Adobe RTMP specification 1.0; enhanced RTMP v2 for audio).
 * @throws the operating system's error, e.g. with `code` `EADDRINUSE` when the port is taken.
 */
export async function createRtmpListener(options: RtmpListenerOptions): Promise<RtmpListener> {
  const door = new Door(options);
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  server.on('connection', (socket) => door.enter(socket));
  await listening(server, options);
  // Running out of file descriptors is such an error: connections in being are not concerned.
  server.on('error', (error) => options.log.error('rtmp: accepting failed', { error }));
  const { address, port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    address: { host: address, port },
    get connections() {
      return door.connections;
    },
    close() {
      closed ??= close(server, door);
      return closed;
    },
  };
}

function listening(server: Server, { host, port }: RtmpListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function secured(socket: Socket, secureContext: SecureContext): TLSSocket {
  return new TLSSocket(socket, { isServer: true, secureContext });
}

/** The server's own `close` does not wait for the `close` of its sockets. */
async function close(server: Server, door: Door): Promise<void> {
  const stopped = once(server, 'close');
  server.close();
  await door.empty('server closed');
  await stopped;
}

/** Counts who is in, and lets nobody in beyond the limits. */
class Door {
  readonly #options: RtmpListenerOptions;
  readonly #limits: RtmpLimits;
  readonly #onCount: OnCount;
  readonly #onLimit: OnLimit;
  readonly #connections = new Set<Connection>();
  /** Connections without a publish, by address. */
  readonly #unpublished = new Map<string, number>();
  #unpublishedTotal = 0;
  readonly #emptied = Promise.withResolvers<void>();
  #emptying = false;

  constructor(options: RtmpListenerOptions) {
    this.#options = options;
    this.#limits = { ...defaultRtmpLimits, ...options.limits };
    this.#onCount = options.onCount ?? (() => undefined);
    this.#onLimit = options.onLimit ?? (() => undefined);
  }

  get connections(): number {
    return this.#connections.size;
  }

  enter(socket: Socket): void {
    const address = socket.remoteAddress;
    // Without an address the peer has gone again already.
    if (address === undefined || this.#emptying) return void socket.on('error', () => undefined).destroy();
    const limit = this.#exceeded(address, socket);
    if (limit !== undefined) return this.#refuse(socket, limit);
    const { authorise, log, secureContext } = this.#options;
    // The handshake of TLS falls under the deadline and the limits of a connection that has not published yet.
    const stream = secureContext === undefined ? socket : secured(socket, secureContext());
    const connection = new Connection(stream, {
      authorise,
      log,
      limits: this.#limits,
      onCount: this.#onCount,
      onLimit: this.#onLimit,
      onPublishing: (active) => this.#countUnpublished(address, active ? -1 : 1),
      onClosed: () => {
        this.#connections.delete(connection);
        if (!connection.publishing) this.#countUnpublished(address, -1);
        this.#lookEmpty();
      },
    });
    this.#connections.add(connection);
    this.#countUnpublished(address, 1);
  }

  /** Destroys every connection; resolves when all are closed. Nobody may enter afterwards. */
  empty(reason: string): Promise<void> {
    this.#emptying = true;
    for (const connection of this.#connections) connection.destroy(reason);
    this.#lookEmpty();
    return this.#emptied.promise;
  }

  #lookEmpty(): void {
    if (this.#emptying && this.#connections.size === 0) this.#emptied.resolve();
  }

  #refuse(socket: Socket, limit: LimitName): void {
    this.#onCount('connections_refused', 1);
    this.#onLimit(limit);
    this.#options.log.debug('rtmp: connection refused', { remoteAddress: socket.remoteAddress, limit });
    socket.on('error', () => undefined).destroy();
  }

  #exceeded(address: string, socket: Socket): LimitName | undefined {
    const { maxConnections, maxUnpublished, maxUnpublishedPerAddress } = this.#limits;
    if (this.#connections.size >= maxConnections) return 'rtmp_connections';
    if (this.#unpublishedTotal >= maxUnpublished) return 'rtmp_unpublished';
    const ofAddress = this.#unpublished.get(addressGroup(address)) ?? 0;
    const isShared = this.#options.isProxy?.(address) === true;
    if (ofAddress >= maxUnpublishedPerAddress && !isShared) return 'rtmp_unpublished_per_address';
    return this.#options.admits?.(socket) === false ? 'descriptors' : undefined;
  }

  #countUnpublished(address: string, by: number): void {
    const group = addressGroup(address);
    const count = (this.#unpublished.get(group) ?? 0) + by;
    if (count > 0) this.#unpublished.set(group, count);
    else this.#unpublished.delete(group);
    this.#unpublishedTotal += by;
  }
}
