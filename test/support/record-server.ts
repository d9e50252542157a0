/** A small server of `captiond.v2` whose connections can be made to fail in one way at a time. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

type Message = Record<string, unknown>;

export interface RecordServer extends AsyncDisposable {
  url: string;
  /** Stored records of the run; offsets count from 1. */
  records: Message[];
  epoch: number;
  /** `after` of each request so far. */
  asked: (string | null)[];
  /** Faults, each in force until it is taken back. */
  fault: {
    /** Cut the connection, without a close frame, after so many records were sent on it. */
    cutAfter?: number;
    /** Offsets that are left out the next time they would be sent. */
    skip?: Set<number>;
    /** Close at once with this code and reason. */
    close?: [code: number, reason: string];
    /** Oldest offset that is still there. */
    firstOffset?: number;
    /** Send nothing at all. */
    isMute?: boolean;
  };
  /** Stores a final and sends it to whoever is attached. */
  say(text: string): void;
  /** Stores the end, sends it and closes everybody as a session does. */
  end(): void;
  /** Sends a raw text to whoever is attached. */
  send(data: string): void;
  cut(): void;
}

export async function startRecordServer(): Promise<RecordServer> {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(sockets, 'listening');
  const server: RecordServer = {
    url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}/sessions/talk/live`,
    records: [],
    epoch: 7,
    asked: [],
    fault: {},
    say: (text) => store(server, sockets, final(text, server.records.length + 1)),
    end: () => {
      const ledger = { receivedMs: 10, transcribedMs: 10, gapMs: 0 };
      store(server, sockets, { type: 'session_end', offset: server.records.length + 1, reason: 'stopped', ledger });
      for (const viewer of sockets.clients) viewer.close(1000);
    },
    send: (data) => sockets.clients.forEach((viewer) => viewer.send(data)),
    cut: () => sockets.clients.forEach((viewer) => viewer.terminate()),
    [Symbol.asyncDispose]: async () => {
      server.cut();
      sockets.close();
      await once(sockets, 'close');
    },
  };
  sockets.on('connection', (viewer, request) => attach(server, viewer, request.url ?? ''));
  return server;
}

function final(text: string, offset: number): Message {
  const times = { startMs: offset * 1000, endMs: offset * 1000 + 800 };
  return { type: 'transcript_final', offset, utteranceId: `u${offset}`, text, language: 'en', ...times };
}

function store(server: RecordServer, sockets: WebSocketServer, record: Message): void {
  server.records.push(record);
  for (const viewer of sockets.clients) sendRecord(server, viewer, record);
}

function sendRecord({ fault }: RecordServer, viewer: WebSocket, record: Message): void {
  if (fault.skip?.delete(Number(record['offset'])) === true) return;
  viewer.send(JSON.stringify(record));
}

function attach(server: RecordServer, viewer: WebSocket, path: string): void {
  const { fault, epoch, records } = server;
  const after = new URL(path, 'ws://server').searchParams.get('after');
  server.asked.push(after);
  if (fault.isMute === true) return;
  if (fault.close !== undefined) return viewer.close(...fault.close);
  const [run, offset = '0'] = after?.split(':') ?? [];
  const { firstOffset = 1 } = fault;
  const resumed = run === String(epoch) && Number(offset) + 1 >= firstOffset;
  const from = after === null ? records.length : Math.max(firstOffset - 1, resumed ? Number(offset) : 0);
  const head = { slug: 'talk', epoch, offset: records.length, startedAt: '2026-01-01T00:00:00.000Z' };
  viewer.send(JSON.stringify({ type: 'session', ...head, state: stateOf(records), resumed, firstOffset }));
  const due = records.slice(from, from + (fault.cutAfter ?? Infinity));
  for (const record of due) sendRecord(server, viewer, record);
  if (fault.cutAfter !== undefined) viewer.terminate();
  else if (stateOf(records) === 'ended') viewer.close(1000);
}

function stateOf(records: readonly Message[]): 'live' | 'ended' {
  return records.at(-1)?.['type'] === 'session_end' ? 'ended' : 'live';
}
