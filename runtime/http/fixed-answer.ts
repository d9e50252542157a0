/** Answers that never change while the program runs: browsers keep them and ask whether they are still so. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';

export const contentTypes = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

export function fixed(type: string, body: Buffer, headers: Record<string, string> = {}): Answer {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-cache', etag, ...headers }, body };
}

/** The answer, or 304 when the client has it. */
export function ifChanged(answer: Answer, { 'if-none-match': known = '' }: IncomingHttpHeaders): Answer {
  const isKnown = known.includes(answer.headers['etag'] ?? 'none');
  return isKnown ? { ...answer, status: 304, body: '' } : answer;
}
