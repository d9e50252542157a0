/** The header `Retry-After` (RFC 9110, section 10.2.3): seconds or a date. */

/** In milliseconds from now, at most `maxMs`; undefined when there is none that can be read. */
export function retryAfterOf(header: string | null | undefined, maxMs: number): number | undefined {
  if (header === null || header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), maxMs) : undefined;
}
