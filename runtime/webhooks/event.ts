/** What a webhook says: made of a run's records alone, so that it is the same however often it is sent. */
import type { RecordMessage } from '../../actors/wire/messages.ts';

/** Every event, in the order of a run. */
export const hookEventNames = ['session.started', 'session.final', 'session.ended'] as const;
export type HookEventName = (typeof hookEventNames)[number];

/** The run that events are of. */
export interface HookRun {
  slug: string;
  epoch: number;
  /** ISO 8601 UTC. */
  startedAt: string;
  transcriber: string;
}

/** One event as it is sent. */
export interface HookEvent {
  /** The same for each attempt; receivers know by it what they have. */
  id: string;
  name: HookEventName;
  /** Offset of its record; 0 for the start. */
  offset: number;
  /** JSON. */
  body: string;
}

/** The event of a run's start. */
export function startEvent(run: HookRun): HookEvent {
  const { startedAt, transcriber } = run;
  return event(run, 'session.started', 0, { startedAt, transcriber });
}

/** The event of a record; undefined when it has none. */
export function recordEvent(run: HookRun, message: RecordMessage): HookEvent | undefined {
  if (message.type !== 'transcript_final' && message.type !== 'session_end') return undefined;
  const { type, offset, ...data } = message;
  return event(run, type === 'session_end' ? 'session.ended' : 'session.final', offset, data);
}

function event({ slug, epoch }: HookRun, name: HookEventName, offset: number, data: object): HookEvent {
  const body = JSON.stringify({ type: name, session: { slug, epoch }, offset, data });
  return { id: `evt_${slug}_${epoch}_${offset}`, name, offset, body };
}
