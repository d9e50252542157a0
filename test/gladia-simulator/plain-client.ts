/** A client without any cleverness, for tests of the simulator itself. */
import { WebSocket } from 'ws';
import type { GladiaSimulator } from './simulator.ts';

const CHUNK_BYTES = 3_200;

export interface Received {
  type: string;
  data: Record<string, unknown> | null;
  error?: unknown;
  acknowledged?: boolean;
  session_id: string;
}

export type Transcript = { id: string; is_final: boolean; utterance: { text: string; start: number; end: number } };

/** Body of a session that wants to be told everything. */
export const plainBody = {
  endpointing: 0.3,
  language_config: { languages: ['en'] },
  messages_config: { receive_partial_transcripts: true, receive_lifecycle_events: true },
};

/** Any request, with the key. */
export function request(gladia: GladiaSimulator, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'x-gladia-key': gladia.options.key, 'content-type': 'application/json' };
  return fetch(`${gladia.url}${path}`, { redirect: 'manual', ...init, headers });
}

export function post(gladia: GladiaSimulator, body: unknown = plainBody): Promise<Response> {
  return request(gladia, '/v2/live', { method: 'POST', body: JSON.stringify(body) });
}

export async function ask(gladia: GladiaSimulator, body: unknown = plainBody): Promise<{ id: string; url: string }> {
  return (await (await post(gladia, body)).json()) as { id: string; url: string };
}

export class PlainClient implements Disposable {
  readonly socket: WebSocket;
  readonly messages: Received[] = [];
  /** Frames that are not JSON objects. */
  readonly strange: string[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Of the handshake, when it is refused. */
  readonly refused: Promise<number>;

  constructor(url: string) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => this.#received(data.toString(), isBinary));
    this.opened = new Promise((resolve) => this.socket.once('open', () => resolve()));
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.refused = new Promise((resolve) => {
      this.socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
    });
  }

  /** All of it at once, in chunks. */
  speak(pcm: Buffer): void {
    for (let at = 0; at < pcm.length; at += CHUNK_BYTES) this.socket.send(pcm.subarray(at, at + CHUNK_BYTES));
  }

  stop(): void {
    this.socket.send('{"type":"stop_recording"}');
  }

  of(type: string): Received[] {
    return this.messages.filter((message) => message.type === type);
  }

  transcripts(isFinal: boolean): Transcript[] {
    const all = this.of('transcript').map(({ data }) => data as unknown as Transcript);
    return all.filter(({ is_final }) => is_final === isFinal);
  }

  finals(): string[] {
    return this.transcripts(true).map(({ utterance }) => utterance.text);
  }

  /** Byte ranges that were acknowledged. */
  acknowledged(): unknown[] {
    return this.of('audio_chunk').map(({ data }) => data?.['byte_range']);
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  #received(text: string, isBinary: boolean): void {
    try {
      const message = JSON.parse(text) as Received;
      if (isBinary || typeof message.type !== 'string') this.strange.push(text);
      else this.messages.push(message);
    } catch {
      this.strange.push(text);
    }
  }
}

/** A connection to a session, open. */
export async function dial(url: string): Promise<PlainClient> {
  const client = new PlainClient(url);
  await client.opened;
  return client;
}
