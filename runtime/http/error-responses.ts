/** Responses that are errors, from the error table: by status, with the codes that each may have. */
import { errors } from '../../machines/errors.ts';
import type { ErrorCode } from '../../machines/errors.ts';
import { statusOf } from './answer.ts';

/** A code with the status of its row, or with another. */
export type ErrorCase = ErrorCode | readonly [code: ErrorCode, status: number];

/** A response of the document: a description, and what its body is by media type. */
export interface ResponseDescription {
  description: string;
  content?: Readonly<Record<string, { schema: object; example?: unknown; examples?: object }>>;
  headers?: Readonly<Record<string, object>>;
}

/** Headers that a status always has. */
const headersOf: Readonly<Record<number, ResponseDescription['headers']>> = {
  401: { 'www-authenticate': { type: 'string', description: 'How to show a token.' } },
  426: { upgrade: { type: 'string', description: 'What to upgrade to.' } },
};

/** @param isPage Is the error a page for a browser that follows a link? */
export function errorResponses(cases: readonly ErrorCase[], isPage: boolean): Record<string, ResponseDescription> {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const each of cases) {
    const [code, status] = typeof each === 'string' ? [each, statusOf(each)] : each;
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, { ...errorResponse([...codes], isPage), ...headers(status) }]),
  );
}

function headers(status: number): Pick<ResponseDescription, 'headers'> {
  const known = headersOf[status];
  return known === undefined ? {} : { headers: known };
}

function errorResponse(codes: readonly ErrorCode[], isPage: boolean): ResponseDescription {
  const examples = Object.fromEntries(
    codes.map((code) => [code, { value: { error: { code, message: errors[code].sentence } } }]),
  );
  const json = { 'application/json': { schema: errorSchema(codes), examples } };
  const page = { 'text/html': { schema: { type: 'string' } } };
  return {
    description: codes.map((code) => errors[code].sentence).join(' '),
    content: isPage ? { ...json, ...page } : json,
  };
}

/** `{"error":{"code","message"}}` with one of these codes. */
function errorSchema(codes: readonly ErrorCode[]): object {
  const fields = {
    code: { type: 'string', enum: codes },
    message: { type: 'string', minLength: 1 },
  };
  const error = { type: 'object', additionalProperties: false, required: ['code', 'message'], properties: fields };
  return { type: 'object', additionalProperties: false, required: ['error'], properties: { error } };
}
