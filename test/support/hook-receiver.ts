/**
 * A receiver of webhooks that fails in the ways that are asked for. It verifies signatures by the specification's own
 * words (standardwebhooks.com), without any code of ours.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type ReceiverFault = 500 | 503 | 404 | 'redirect' | 'hang' | 'cut' | 'cut_after_taking' | 'endless';

export interface HookBody {
  type: string;
  session: { slug: string; epoch: number };
  offset: number;
  data: Record<string, unknown>;
}

/** One attempt, as the receiver saw it. */
export interface Taken {
  id: string;
  body: HookBody;
  isVerified: boolean;
  /** Monotonic milliseconds. */
  atMs: number;
  /** 2xx was said, or nothing after it was taken. */
  isTaken: boolean;
}

export interface HookReceiver extends AsyncDisposable {
  url: string;
  attempts: Taken[];
  /** Attempts that were taken, each event once. */
  readonly taken: Taken[];
  readonly mostInFlight: number;
  fail(...faults: ReceiverFault[]): void;
  /** Fails always like this until it is mended (undefined). */
  failure: ReceiverFault | undefined;
}

export const HOOK_SECRET = 'whsec_' + Buffer.from('a secret of the right length').toString('base64');

function isVerified(headers: IncomingHttpHeaders, body: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  const key = Buffer.from(HOOK_SECRET.slice(6), 'base64');
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest();
  const given = Buffer.from(String(signature).replace('v1,', ''), 'base64');
  const isFresh = Math.abs(Date.now() / 1_000 - Number(timestamp)) < 300;
  return isFresh && given.length === expected.length && timingSafeEqual(given, expected);
}

export async function startHookReceiver(port = 0): Promise<HookReceiver> {
  const attempts: Taken[] = [];
  const faults: ReceiverFault[] = [];
  const flight = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    flight.now += 1;
    flight.most = Math.max(flight.most, flight.now);
    response.on('close', () => (flight.now -= 1));
    void text(request).then((body) => {
      const fault = faults.shift() ?? receiver.failure;
      attempts.push(takenOf(request.headers, body, fault));
      answer(response, fault);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const receiver: HookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/`,
    attempts,
    get taken() {
      return [...new Map(attempts.filter(({ isTaken }) => isTaken).map((each) => [each.id, each])).values()];
    },
    get mostInFlight() {
      return flight.most;
    },
    fail: (...more) => void faults.push(...more),
    failure: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function takenOf(headers: IncomingHttpHeaders, body: string, fault: ReceiverFault | undefined): Taken {
  return {
    id: String(headers['webhook-id']),
    body: JSON.parse(body) as HookBody,
    isVerified: isVerified(headers, body),
    atMs: performance.now(),
    isTaken: fault === undefined || fault === 'cut_after_taking',
  };
}

function answer(response: ServerResponse, fault: ReceiverFault | undefined): void {
  if (fault === undefined) response.writeHead(204).end();
  else if (fault === 'redirect') response.writeHead(307, { location: '/elsewhere' }).end();
  else if (fault === 'cut' || fault === 'cut_after_taking') response.destroy();
  else if (fault === 'endless') {
    response.writeHead(200);
    const write = (): void => {
      while (!response.destroyed) if (!response.write('x'.repeat(16_384))) return void response.once('drain', write);
    };
    response.on('error', () => {});
    write();
  } else if (fault !== 'hang') response.writeHead(fault, { 'retry-after': '0' }).end('no');
}
