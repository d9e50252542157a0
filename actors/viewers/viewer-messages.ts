/** What viewers send: checked here, once; nothing they say can throw or reach further. */
import { errors } from '../../machines/errors.ts';
import type { ErrorCode } from '../../machines/errors.ts';
import type { ErrorMessage } from '../wire/messages.ts';

/** Messages that the protocol does not know, after which a viewer is closed. */
export const FAULTS_MAX = 10;

/** Messages of the protocol whose part is not in this version. */
const laterTypes = new Set(['ai_acquire', 'ai_renew', 'ai_release', 'ai_insight']);

/** The answer to a viewer's message; `isFault` when the protocol does not know such a message. */
export function answer(text: string): { reply: ErrorMessage; isFault: boolean } {
  const type = typeOf(text);
  if (type !== undefined && laterTypes.has(type)) return { reply: errorMessage('not_in_this_version'), isFault: false };
  return { reply: errorMessage('protocol_error'), isFault: true };
}

function typeOf(text: string): string | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const isObject = typeof message === 'object' && message !== null && 'type' in message;
    return isObject && typeof message.type === 'string' ? message.type : undefined;
  } catch {
    return undefined;
  }
}

/** A row of the error table as a message. */
export function errorMessage(code: ErrorCode): ErrorMessage {
  const { sentence, retryable } = errors[code];
  return { type: 'error', code, message: sentence, retryable };
}
