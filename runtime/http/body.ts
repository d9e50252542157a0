/** The body of a request, bounded. */
import type { IncomingMessage } from 'node:http';

/** Largest body taken. */
export const BODY_MAX_BYTES = 65_536;

/** The text; undefined when it is larger than `BODY_MAX_BYTES`. Rejects when the client goes away before its end. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_MAX_BYTES) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}
