/** The request target (RFC 9112, section 3.2), parsed once. */

/** A target that can be routed; `path` is still percent-encoded. */
export interface Target {
  path: string;
  query: URLSearchParams;
}

/** Longest target that is looked at, in bytes; headers as a whole are limited by the server. */
const TARGET_MAX = 4_096;

/** Undefined for what is neither in origin-form (`/path?query`) nor in absolute-form, or is not decodable. */
export function parseTarget(raw: string | undefined): Target | undefined {
  if (raw === undefined || raw.length > TARGET_MAX) return undefined;
  const relative = raw.startsWith('/') ? raw : pathOfAbsolute(raw);
  if (relative === undefined) return undefined;
  const mark = relative.indexOf('?');
  const path = mark < 0 ? relative : relative.slice(0, mark);
  if (decodeSegment(path) === undefined) return undefined;
  return { path, query: new URLSearchParams(mark < 0 ? '' : relative.slice(mark)) };
}

function pathOfAbsolute(raw: string): string | undefined {
  const url = /^https?:\/\//i.test(raw) ? URL.parse(raw) : null;
  return url === null ? undefined : `${url.pathname}${url.search}`;
}

/** A part of a path without its percent-encoding; undefined when that is broken. */
export function decodeSegment(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
