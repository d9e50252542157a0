/** Answers as plain values, and how they reach a client: through a response, or straight into a refused upgrade's socket. */
import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errors } from '../../machines/errors.ts';
import type { ErrorCode } from '../../machines/errors.ts';

/** A whole HTTP answer. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** What the body says, when it is an error. */
  error?: { code: ErrorCode; message: string };
}

/** Headers of every answer, whatever it is. */
export const everywhere = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** A JSON answer; such answers are of the moment and never stored. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

export interface ErrorParticulars {
  /** Another status than the row's. */
  status?: number;
  /** A sentence after the row's own. */
  detail?: string;
  headers?: Record<string, string>;
}

/** Status of an error: that of its row. */
export function statusOf(code: ErrorCode): number {
  return errors[code].httpStatus ?? 500;
}

/** `{"error":{"code","message"}}` with the row's status. */
export function errorAnswer(code: ErrorCode, particulars: ErrorParticulars = {}): Answer {
  const { status = statusOf(code), detail, headers = {} } = particulars;
  const { sentence, retryable } = errors[code];
  const message = detail === undefined ? sentence : `${sentence} ${detail}`;
  const retryAfter = retryable && status === 503 ? { 'retry-after': '1' } : undefined;
  const error = { code, message };
  return { ...json(status, { error }, { ...retryAfter, ...headers }), error };
}

/** A 401 says what would help (RFC 9110, section 15.5.2; RFC 6750, section 3). */
export function challenged(answer: Answer): Answer {
  if (answer.status !== 401) return answer;
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer realm="captiond"' } };
}

/** Ends `response` with `answer`; Node leaves the body out for HEAD. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const content = status === 304 || status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...everywhere, ...headers, ...content });
  response.end(body);
}

/** Writes `answer` to a connection that has no response object, and ends it. */
export function sendRaw(socket: Duplex, { status, headers, body }: Answer): void {
  if (!socket.writable) return void socket.destroy();
  const content = { 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries({ ...everywhere, ...headers, ...content }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${String(body)}`);
  socket.once('finish', () => socket.destroy());
}
