/**
 * The one redactor: what must not be read in a log line, a span, a fault or the inspector is taken out here.
 *
 * Taken out: user and password of a URL, its whole query and fragment, the last part of an RTMP URL's path (a stream
 * key), what follows `token=` or `token.`, bearer credentials, and every field whose name says that it is a secret.
 */

/** Stands where a secret was. */
export const HIDDEN = '[hidden]';

/** Longest string kept, in UTF-16 units. */
const TEXT_MAX = 2000;
/** Deepest nesting kept. */
const DEPTH_MAX = 5;
/** Most members of an array or object kept. */
const MEMBERS_MAX = 50;

const url = /([a-z][a-z0-9+.-]{0,30}):\/\/([^\s"'<>]+)/gi;
const tokenInText = /\b(token[=.])[^\s&"',;]+/gi;
const bearer = /\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi;
const secretName =
  /(secret|password|passwd|authorization|cookie|credential|api_?key|stream_?key|^key$|^token$|_token$|Token$)/i;

/** A text without secrets, shortened. */
export function redactText(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  return short
    .replace(url, (_whole, scheme: string, rest: string) => `${scheme}://${redactUrlRest(scheme.toLowerCase(), rest)}`)
    .replace(tokenInText, `$1${HIDDEN}`)
    .replace(bearer, `$1 ${HIDDEN}`);
}

function redactUrlRest(scheme: string, rest: string): string {
  const pathEnd = rest.search(/[?#]/);
  const query = pathEnd === -1 ? '' : `?${HIDDEN}`;
  const beforeQuery = pathEnd === -1 ? rest : rest.slice(0, pathEnd);
  const authorityEnd = beforeQuery.indexOf('/');
  const authority = authorityEnd === -1 ? beforeQuery : beforeQuery.slice(0, authorityEnd);
  const path = authorityEnd === -1 ? '' : beforeQuery.slice(authorityEnd);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host + (scheme.startsWith('rtmp') ? redactStreamKey(path) : path) + query;
}

/** `/live/KEY` → `/live/[hidden]`; `/live` names an application and stays. */
function redactStreamKey(path: string): string {
  const lastSlash = path.lastIndexOf('/');
  return lastSlash > 0 && lastSlash < path.length - 1 ? path.slice(0, lastSlash + 1) + HIDDEN : path;
}

/** A value for a log line: plain data without secrets, bounded in depth, breadth and length. Never throws. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `(${typeof value})`;
  if (value === null || typeof value !== 'object') return value;
  if (depth >= DEPTH_MAX) return '(deeper)';
  try {
    return redactObject(value, depth);
  } catch {
    return '(unreadable)';
  }
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (Array.isArray(value)) return value.slice(0, MEMBERS_MAX).map((member) => redactValue(member, depth + 1));
  return redactFields(value, depth + 1);
}

/** The fields of an object, secrets replaced by name. */
export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields).slice(0, MEMBERS_MAX)) {
    if (value !== undefined) kept[name] = secretName.test(name) ? HIDDEN : redactValue(value, depth);
  }
  return kept;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    message: redactText(error.message),
    ...(code === undefined ? {} : { code: redactValue(code, depth + 1) }),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  };
}
