/** The request target (RFC 9112, section 3.2), parsed once. */

/** A target that can be routed; `path` is still percent-encoded. */
export interface Target {
  path: string;
  query: URLSearchParams;
}

/** Longest target that is looked at, in bytes; headers as a whole are limited by the server. */
export const TARGET_MAX = 4_096;

/** Undefined for what is neither in origin-form (`/path?query`) nor in absolute-form, or is not decodable. */
export function parseTarget(raw: string | undefined): Target | undefined {
  const relative = originForm(raw);
  if (relative === undefined) return undefined;
  return { path: pathOf(relative), query: queryOf(relative) };
}

/** The target as `/path?query`; undefined where `parseTarget` has nothing either. */
export function originForm(raw: string | undefined): string | undefined {
  if (raw === undefined || raw.length > TARGET_MAX) return undefined;
  const relative = raw.startsWith('/') ? raw : pathOfAbsolute(raw);
  return relative === undefined || decodeSegment(pathOf(relative)) === undefined ? undefined : relative;
}

/** What stands before the query. */
export function pathOf(relative: string): string {
  const mark = relative.indexOf('?');
  return mark < 0 ? relative : relative.slice(0, mark);
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

/** The query of a target that is in origin-form. */
export function queryOf(relative = ''): URLSearchParams {
  return new URLSearchParams(relative.slice(pathOf(relative).length));
}
