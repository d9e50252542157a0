/** What viewers send: checked here, once; nothing they say can throw or reach further. */
import { errors } from '../../machines/errors.ts';
import type { ErrorCode } from '../../machines/errors.ts';
import type { AiInsight } from '../ai/port.ts';
import { hasHostileName, isTooDeep, JSON_LEVELS_MAX } from '../json-levels.ts';
import type { LimitName } from '../limit-names.ts';
import type { ErrorMessage } from '../wire/messages.ts';

/** Messages that the protocol does not know or whose fields cannot be used, after which a viewer is closed. */
export const FAULTS_MAX = 10;

/** A message of the protocol, its fields of the right types. */
export type ViewerMessage =
  | { type: 'ai_acquire' }
  | { type: 'ai_renew'; fence: number }
  | { type: 'ai_release'; fence: number }
  | ({ type: 'ai_insight' } & AiInsight);

/** What is wrong with a message. */
export interface MessageFault {
  code: 'protocol_error' | 'bad_message';
  detail?: string;
  /** The limit that it exceeds. */
  limit?: LimitName;
}

/** Reads one message. Fields that the protocol does not know are passed over. */
export function readMessage(text: string): { message: ViewerMessage } | { fault: MessageFault } {
  if (isTooDeep(text)) {
    const detail = `A field must have at most ${JSON_LEVELS_MAX} levels of arrays and objects.`;
    return { fault: { code: 'bad_message', detail, limit: 'json_levels' } };
  }
  const given = parsed(text);
  if (hasHostileName(given)) {
    return { fault: { code: 'protocol_error', detail: 'No field may be named __proto__ or constructor.' } };
  }
  const { type, fence, upToOffset, data } = given;
  if (type === 'ai_acquire') return { message: { type } };
  if (type !== 'ai_renew' && type !== 'ai_release' && type !== 'ai_insight')
    return { fault: { code: 'protocol_error' } };
  if (!isCount(fence)) return bad(`fence must be a whole number, as ai_lease told it.`);
  if (type !== 'ai_insight') return { message: { type, fence } };
  if (!isCount(upToOffset)) return bad('upToOffset must be a whole number: an offset, or 0.');
  if (data === undefined) return bad('data must be there: any JSON value.');
  return { message: { type, fence, upToOffset, data } };
}

/** A row of the error table as a message. */
export function errorMessage(code: ErrorCode, detail?: string): ErrorMessage {
  const { sentence, retryable } = errors[code];
  return { type: 'error', code, message: detail === undefined ? sentence : `${sentence} ${detail}`, retryable };
}

function bad(detail: string): { fault: MessageFault } {
  return { fault: { code: 'bad_message', detail } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Fields of a JSON object; none when it is not one. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
