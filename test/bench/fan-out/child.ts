/**
 * What every server of the fan-out benchmark has in common: messages come in as lines of JSON on a port of its own, and
 * the process tells its parent where it listens and for how long its loop was held up.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How the child is started, as JSON in its last argument. */
export interface ChildOptions {
  sessions: number;
  /** Between two pings of a viewer. */
  heartbeatMs: number;
  /** For what it writes. */
  folder: string;
  /** Where peers are installed. */
  peers: string;
}

/** A message as every server gives it to its viewers. */
export interface FedMessage {
  type: 'transcript_partial' | 'transcript_final';
  utteranceId: string;
  text: string;
  startMs: number;
  endMs: number;
  language: string;
}

/** What the child tells. */
export type ChildFact = { type: 'ready'; port: number; ingest: number } | { type: 'stall'; ms: number };
/** What it is asked. */
export type ChildRequest = 'watch stalls' | 'tell stalls';

/** A timer of this period is late by as long as the loop was held up. */
const STALL_RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1_000_000;

export function childOptions(): ChildOptions {
  return JSON.parse(process.argv.at(-1) ?? '') as ChildOptions;
}

/** Takes messages for the sessions `s0`, `s1` …, and tells that viewers are served on `port`. */
export async function takeMessages(
  port: number,
  publish: (session: string, message: FedMessage) => void,
): Promise<void> {
  const ingest = createServer((socket: Socket) => {
    let rest = '';
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (data: string) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { session, ...message } = JSON.parse(line) as FedMessage & { session: string };
        publish(session, message);
      }
    });
  });
  ingest.listen(0, '127.0.0.1');
  await once(ingest, 'listening');
  answerParent();
  tell({ type: 'ready', port, ingest: (ingest.address() as AddressInfo).port });
}

function answerParent(): void {
  const delays = monitorEventLoopDelay({ resolution: STALL_RESOLUTION_MS });
  process.on('message', (request: ChildRequest) => {
    if (request === 'watch stalls') delays.enable();
    else tell({ type: 'stall', ms: Math.max(0, delays.max / NANOSECONDS_PER_MS - STALL_RESOLUTION_MS) });
  });
  // Without a parent nobody needs it.
  process.on('disconnect', () => process.exit());
}

function tell(fact: ChildFact): void {
  process.send?.(fact);
}
