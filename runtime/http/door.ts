/**
 * Who is connected and no viewer: requests, upgrades in the making, idle connections. Of one address and in all they are
 * bounded, because each holds a descriptor and none has shown yet that it wants anything.
 *
 * A connection is known by its peer's address and port, which TCP and TLS sockets of it have in common.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { addressGroup } from '../../actors/address-group.ts';
import type { LimitName, OnLimit } from '../../actors/limit-names.ts';

/** From an upgrade request to its answer. Then the connection is cut. */
export const UPGRADE_TIMEOUT_MS = 5_000;

export interface DoorOptions {
  /** Connections of one address that are no viewers. */
  maxPerAddress: number;
  /** The same of all. */
  maxTotal: number;
  /** What the two are counted as. */
  names: { perAddress: LimitName; total: LimitName };
  /** Does this address stand for many? Only the total counts for it. */
  isProxy?: (address: string) => boolean;
  onLimit: OnLimit;
}

/** A socket, as far as the door knows it. */
export type Visitor = Duplex & {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  setTimeout?(ms: number): unknown;
};

export class Door {
  readonly #options: DoorOptions;
  /** Group of each connection that is no viewer, by address and port. */
  readonly #visitors = new Map<string, string>();
  readonly #perGroup = new Map<string, number>();
  readonly #upgrading = new Map<string, NodeJS.Timeout>();

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Connections that are no viewers. */
  get visitors(): number {
    return this.#visitors.size;
  }

  /** Looks at everybody who comes to `server`, and counts what its own bounds turn away. */
  watch(server: Server): void {
    const { onLimit, names } = this.#options;
    server.on('connection', (socket: Visitor) => this.enter(socket));
    server.on('drop', () => onLimit(names.total));
    server.on('clientError', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ERR_HTTP_REQUEST_TIMEOUT') onLimit('http_request_time');
      if (code === 'HPE_HEADER_OVERFLOW') onLimit('http_header_bytes');
    });
    server.on('timeout', (socket: Visitor) => {
      onLimit('http_idle_time');
      socket.destroy();
    });
    function answered(this: ServerResponse): void {
      if (this.statusCode === 413) onLimit('http_body_bytes');
    }
    server.on('request', (_request: unknown, response: ServerResponse) => response.once('finish', answered));
  }

  /** Takes a connection in, or cuts it. */
  enter(socket: Visitor): void {
    const { remoteAddress } = socket;
    // Without an address the peer has gone again already.
    if (remoteAddress === undefined) return void socket.on('error', () => {}).destroy();
    const group = addressGroup(remoteAddress);
    const limit = this.#exceeded(group, remoteAddress);
    if (limit !== undefined) {
      this.#options.onLimit(limit);
      socket.on('error', () => {}).destroy();
      return;
    }
    const key = keyOf(socket);
    this.#visitors.set(key, group);
    this.#perGroup.set(group, (this.#perGroup.get(group) ?? 0) + 1);
    socket.once('close', () => this.#leave(key));
  }

  /** A connection has become a viewer, who has a place of its own. */
  attached(socket: Visitor): void {
    // It may be silent for as long as its session is.
    socket.setTimeout?.(0);
    this.#leave(keyOf(socket));
  }

  #exceeded(group: string, address: string): LimitName | undefined {
    const { maxPerAddress, maxTotal, names, isProxy } = this.#options;
    if (this.#visitors.size >= maxTotal) return names.total;
    if ((this.#perGroup.get(group) ?? 0) < maxPerAddress) return undefined;
    return isProxy?.(address) === true ? undefined : names.perAddress;
  }

  /** A connection asks to become a viewer: it is answered within `UPGRADE_TIMEOUT_MS`, or cut. */
  upgrading(socket: Visitor): void {
    const cut = (): void => {
      this.#options.onLimit('http_upgrade_time');
      socket.destroy();
    };
    this.#upgrading.set(keyOf(socket), setTimeout(cut, UPGRADE_TIMEOUT_MS));
  }

  #leave(key: string): void {
    clearTimeout(this.#upgrading.get(key));
    this.#upgrading.delete(key);
    const group = this.#visitors.get(key);
    if (group === undefined) return;
    this.#visitors.delete(key);
    const left = (this.#perGroup.get(group) ?? 1) - 1;
    if (left > 0) this.#perGroup.set(group, left);
    else this.#perGroup.delete(group);
  }
}

function keyOf({ remoteAddress, remotePort }: Visitor): string {
  return `${remoteAddress} ${remotePort}`;
}
