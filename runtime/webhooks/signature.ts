/**
 * The signature of a webhook, as the Standard Webhooks specification has it (standardwebhooks.com), so that its libraries
 * verify ours: HMAC-SHA-256 over id, timestamp and body with points between, in base64, behind `v1,`.
 */
import { createHmac } from 'node:crypto';

/** `whsec_` and base64, or any other text as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
}

/** @param atS Seconds since 1970; receivers refuse what is older than a few minutes. */
export function signed(secret: string, id: string, atS: number, body: string): Record<string, string> {
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${atS}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(atS), 'webhook-signature': `v1,${mac}` };
}
