/** The events of webhooks. See `events.ts`. */

// ── the webhooks of one run ─────────────────────────────────────────────────────────────────────────────────────────

/** What the actor that reads the run's events from its records reports. */
export type OutboxFact =
  /** There is an event that has not been delivered. */
  | { type: 'outbox.waiting' }
  /** The run is over, and its last event is delivered or dropped. */
  | { type: 'outbox.emptied' };

/** Why an event was not delivered; a label of `webhook_failures_total`. */
export type DeliveryFault =
  'answered_3xx' | 'answered_4xx' | 'answered_5xx' | 'timeout' | 'unreachable' | 'address_refused' | 'unreadable';

/** What the actor that delivers one event reports. */
export type AttemptFact =
  /** Its turn among all runs has come: the request goes out. */
  | { type: 'attempt.started' }
  /** The receiver has it, and that is noted. */
  | { type: 'attempt.accepted' }
  /** The receiver may not have it. */
  | { type: 'attempt.failed'; cause: DeliveryFault; retryAfterMs: number | null };

/** What a parent may ask of the webhooks chart. */
export type WebhooksRequest =
  /** Let the request that is out be answered, and end; what is not delivered is delivered after the next start. */
  { type: 'webhooks.stop' };
