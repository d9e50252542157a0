/** `captiond.v2`: every message is one JSON object in a text frame. The page is `README.md`. */
import type { ServerMessage } from './messages.ts';

export function encodeV2(message: ServerMessage): string {
  return JSON.stringify(message);
}
