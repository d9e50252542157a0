/** A local Gladia, API v2 live: HTTP, WebSocket, sessions that outlive their connections, faults and a journal. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { Faults } from './faults.ts';
import type { Drop } from './faults.ts';
import { shakeHands } from './handshake.ts';
import type { House, Room } from './house.ts';
import { Journal } from './journal.ts';
import type { JournalEntry, JournalEventType } from './journal.ts';
import { defaults } from './options.ts';
import type { SimulatorOptions } from './options.ts';
import { answer } from './requests.ts';
import type { SimulatedSession } from './session.ts';

export type { JournalEntry, JournalEventType } from './journal.ts';
export type { SimulatorOptions } from './options.ts';

const FRAME_MAX_BYTES = 1_048_576;

export class GladiaSimulator implements AsyncDisposable {
  /** May be changed at any time; sessions that exist keep their own delays and limits. */
  readonly options: SimulatorOptions;
  readonly faults = new Faults();
  readonly #journal = new Journal();
  readonly #rooms: Room[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: FRAME_MAX_BYTES });
  #port = 0;

  constructor(options: Partial<SimulatorOptions> = {}) {
    this.options = { ...defaults, ...options };
    this.#server = createServer((request, response) => {
      answer(this.#house, request, response).catch(() => response.destroy());
    });
    this.#server.on('upgrade', (request, socket, head) => {
      shakeHands(this.#house, this.#upgrades, { request, socket, head });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get journal(): JournalEntry[] {
    return this.#journal.entries;
  }

  get sessions(): SimulatedSession[] {
    return this.#rooms.map(({ session }) => session);
  }

  /** Sessions that nobody has stopped. */
  get running(): number {
    return this.sessions.filter(({ state }) => state === 'running').length;
  }

  get openSockets(): number {
    return this.#upgrades.clients.size;
  }

  /** Entries of the journal. */
  count(type: JournalEventType): number {
    return this.#journal.count(type);
  }

  /** See the journal's. */
  when(type: JournalEventType, fits?: (entry: JournalEntry) => boolean, times?: number): Promise<JournalEntry> {
    return this.#journal.when(type, fits, times);
  }

  /** What a client must never do, in the order in which it was done. */
  get violations(): unknown[] {
    return this.journal.filter(({ type }) => type === 'violation').map(({ details }) => details['what']);
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port || this.options.port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Nobody is at home: connections are refused, open ones end. `listen` is the way back, on the same port. */
  async leave(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Lets every open socket go. */
  dropAll(how: Drop): void {
    for (const { connection } of this.#rooms) connection?.drop(how);
  }

  /** Nothing is read from any open socket for a while. */
  stopReading(durationMs: number): void {
    for (const { connection } of this.#rooms) connection?.stopReading(durationMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session, lifetime } of this.#rooms) {
      session.close();
      lifetime.close();
    }
    for (const client of this.#upgrades.clients) client.terminate();
    if (this.#server.listening) await this.leave();
  }

  get #house(): House {
    const { options, faults, url } = this;
    return { options, faults, url, journal: this.#journal, rooms: this.#rooms };
  }
}

/** A simulator that listens on a free port. */
export function startGladia(options: Partial<SimulatorOptions> = {}): Promise<GladiaSimulator> {
  return new GladiaSimulator(options).listen();
}
