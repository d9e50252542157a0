/**
 * The operator's own service that decides about access: asked over HTTP in the shape of MediaMTX's external
 * authentication, so that services written for it work here.
 *
 * 2xx is a yes. Anything else, no answer in time or too many questions at once is a no; a no takes `DENIAL_DELAY_MS`
 * longer, against those who guess. Nothing of a question is ever logged.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Log } from '../../actors/ports.ts';
import { post, PostError } from '../outgoing/post.ts';
import type { Hook } from './decide.ts';
import type { AccessRequest, Scope } from './port.ts';

/** From the question to the end of the answer, waiting for a turn included. */
export const HOOK_TIMEOUT_MS = 3_000;
/** Questions in flight, and waiting for their turn; a further one is a no. */
const QUESTIONS_MAX = 32;
const WAITING_MAX = 1_000;
/** How much later than it came a no is told. */
export const DENIAL_DELAY_MS = 1_000;
const ANSWER_MAX_BYTES = 16_384;

/** MediaMTX's words for what is asked; `ai` is its own here. */
const actions: Readonly<Record<Scope, string>> = { publish: 'publish', view: 'read', ai: 'ai', admin: 'api' };

export interface HookOptions {
  /** AUTH_HOOK_URL; may hold a credential. */
  url: string;
  log: Log;
  /** Other bounds than the usual ones. */
  timing?: { timeoutMs?: number; denialDelayMs?: number };
}

export function createHook({ url, log, timing = {} }: HookOptions): Hook {
  const { timeoutMs = HOOK_TIMEOUT_MS, denialDelayMs = DENIAL_DELAY_MS } = timing;
  const questions = new PQueue({ concurrency: QUESTIONS_MAX });
  const ask = async (request: AccessRequest): Promise<boolean> => {
    if (questions.size >= WAITING_MAX) throw new PostError('unreachable');
    const signal = AbortSignal.timeout(timeoutMs);
    const body = JSON.stringify(question(request));
    const headers = { 'content-type': 'application/json' };
    const wanted = { url: new URL(url), author: 'operator', headers, body } as const;
    const bounds = { timeoutMs, answerMaxBytes: ANSWER_MAX_BYTES, signal };
    const answer = await questions.add(() => post({ ...wanted, ...bounds }), { signal });
    return answer.status >= 200 && answer.status < 300;
  };
  return async (request) => {
    const isAllowed = await ask(request).catch((error: unknown) => {
      const reason = error instanceof PostError ? error.reason : 'timeout';
      log.warn('the service of AUTH_HOOK_URL did not answer: access is denied', { reason });
      return false;
    });
    if (!isAllowed) await setTimeout(denialDelayMs);
    return isAllowed;
  };
}

/** The fields of MediaMTX 1.x, all always there. */
function question({ user, password, token, remoteAddress, scope, slug, protocol, query = '' }: AccessRequest) {
  const asked = new URLSearchParams(query);
  return {
    user: user ?? asked.get('user') ?? '',
    password: password ?? asked.get('pass') ?? '',
    token: token ?? '',
    ip: remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''),
    action: actions[scope],
    path: slug ?? '',
    protocol,
    id: randomUUID(),
    query,
  };
}
