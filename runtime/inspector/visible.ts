/**
 * What the inspector may show: numbers and flags, and texts of fields that are known to hold codes or sentences. Whatever
 * else a machine or an event carries stands there as hidden, and no text is shown without the redactor.
 */
import { HIDDEN, redactText } from '../redact.ts';

/** Fields whose text is a code, a name or a sentence of ours. */
const SHOWN_TEXTS = new Set([
  'type',
  'reason',
  'cause',
  'code',
  'signal',
  'endReason',
  'outcome',
  'rung',
  'kind',
  'status',
  'holder',
]);
const TEXT_MAX = 200;
const DEPTH_MAX = 4;
const MEMBERS_MAX = 40;

/** A context or an event's fields as they may be shown. */
export function visible(value: unknown, name = '', depth = 0): unknown {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'string') return SHOWN_TEXTS.has(name) ? shownText(value) : HIDDEN;
  if (typeof value !== 'object' || depth >= DEPTH_MAX || Array.isArray(value)) return HIDDEN;
  const fields = Object.entries(value).slice(0, MEMBERS_MAX);
  return Object.fromEntries(fields.map(([field, inner]) => [field, visible(inner, field, depth + 1)]));
}

/** XState's own events carry inputs, outputs and errors: of those only the type, and the error's name, are shown. */
export function visibleEvent(event: { type: string }): { type: string } & Record<string, unknown> {
  const { type, ...fields } = event;
  if (!type.startsWith('xstate.')) return { type: shownText(type), ...(visible(fields) as object) };
  const { error } = fields as { error?: unknown };
  return { type, ...(error === undefined ? {} : { error: visibleError(error) }) };
}

/** Name and message of an error. */
export function visibleError(error: unknown): { name: string; message: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: HIDDEN };
  return { name: error.name, message: shownText(error.message) };
}

function shownText(text: string): string {
  const safe = redactText(text);
  return safe.length > TEXT_MAX ? `${safe.slice(0, TEXT_MAX)}…` : safe;
}
