/**
 * Gladia's HTTP side: begins a session, and asks for the result of one. The key and the socket's URL (it carries a token)
 * stay in here and in the link; errors name neither.
 */
import { isObject, parseObject, parseUtterance } from './gladia/messages.ts';
import type { GladiaUtterance } from './gladia/messages.ts';
import { initBody } from './gladia/init-request.ts';
import type { GladiaSessionOptions } from './gladia/init-request.ts';
import type { GladiaRefusal } from '../machines/events.ts';
import { retryAfterOf } from './retry-after.ts';

/** Longest wait that a `Retry-After` is obeyed for. */
const RETRY_AFTER_MAX_MS = 120_000;
/** Answers are read up to this. */
const BODY_MAX_BYTES = 8 * 1_048_576;
/** Refusals that no repetition mends: the request, the key, the plan. */
const FINAL_STATUSES = new Set([400, 401, 402, 403, 404, 422]);

export interface GladiaAccount {
  /** `GLADIA_URL`. */
  url: string;
  key: string;
}

/** A session at Gladia. */
export interface GladiaSession {
  id: string;
  /** Of the socket. A secret. */
  url: string;
}

/** Gladia's no, or none of an answer. */
export class GladiaApiError extends Error {
  readonly refusal: GladiaRefusal;

  constructor(refusal: GladiaRefusal) {
    super(refusal.reason);
    this.name = 'GladiaApiError';
    this.refusal = refusal;
  }
}

/** `POST /v2/live`. @throws GladiaApiError */
export async function initiate(
  { url, key }: GladiaAccount,
  options: GladiaSessionOptions,
  signal: AbortSignal,
): Promise<GladiaSession> {
  const target = `${url}/v2/live?region=${encodeURIComponent(options.region)}`;
  const headers = { 'x-gladia-key': key, 'content-type': 'application/json' };
  const answer = await request(target, { method: 'POST', headers, body: JSON.stringify(initBody(options)), signal });
  const { id, url: socketUrl } = parseObject(answer) ?? {};
  if (typeof id !== 'string' || typeof socketUrl !== 'string' || !/^wss?:\/\//.test(socketUrl)) {
    throw new GladiaApiError({ kind: 'busy', status: 201, reason: 'Gladia answered without a session.' });
  }
  return { id, url: socketUrl };
}

/** What Gladia has made of a session. */
export interface GladiaResult {
  utterances: GladiaUtterance[];
  /** All audio that has arrived; undefined when Gladia does not say. */
  receivedSeconds: number | undefined;
}

/** `GET /v2/live/:id`; undefined while Gladia is at work on it. @throws GladiaApiError */
export async function fetchResult(
  { url, key }: GladiaAccount,
  id: string,
  signal: AbortSignal,
): Promise<GladiaResult | undefined> {
  const answer = await request(`${url}/v2/live/${encodeURIComponent(id)}`, {
    headers: { 'x-gladia-key': key },
    signal,
  });
  const { status, result } = parseObject(answer) ?? {};
  if (status === 'error') throw new GladiaApiError({ kind: 'refused', status: 200, reason: 'Gladia has no result.' });
  if (status !== 'done') return undefined;
  const { transcription, metadata } = isObject(result) ? result : {};
  const utterances = isObject(transcription) ? transcription['utterances'] : undefined;
  const duration = isObject(metadata) ? metadata['audio_duration'] : undefined;
  return {
    utterances: (Array.isArray(utterances) ? utterances : []).map(parseUtterance).filter((each) => each !== undefined),
    receivedSeconds: typeof duration === 'number' ? duration : undefined,
  };
}

async function request(url: string, init: RequestInit): Promise<string> {
  const answer = await fetch(url, { ...init, redirect: 'error' }).catch((error: unknown) => {
    throw new GladiaApiError({ kind: 'busy', status: 0, reason: `Gladia cannot be reached (${causeOf(error)}).` });
  });
  const text = await bodyOf(answer);
  if (answer.ok) return text;
  const { message } = parseObject(text) ?? {};
  const said = typeof message === 'string' ? `: ${message.slice(0, 200)}` : '';
  const retryAfterMs = retryAfterOf(answer.headers.get('retry-after'), RETRY_AFTER_MAX_MS);
  throw new GladiaApiError({
    kind: FINAL_STATUSES.has(answer.status) ? 'refused' : 'busy',
    status: answer.status,
    reason: `Gladia answered ${answer.status}${said}.`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

async function bodyOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of answer.body ?? []) {
      bytes += part.length;
      if (bytes > BODY_MAX_BYTES) break;
      parts.push(part);
    }
  } catch (error) {
    throw new GladiaApiError({
      kind: 'busy',
      status: answer.status,
      reason: `Gladia's answer broke off (${causeOf(error)}).`,
    });
  }
  return Buffer.concat(parts).toString();
}

/** The code of a network failure; never a message, which may hold an address. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const cause = error.cause;
  if (isObject(cause) || cause instanceof Error) {
    const code: unknown = (cause as { code?: unknown }).code;
    if (typeof code === 'string') return code;
  }
  return error.name;
}
