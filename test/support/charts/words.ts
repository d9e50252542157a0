/** How events, guards and actions of a chart are written in its drawing. */
import type { AnyStateNode } from 'xstate';

/** Options that give a delay its length, by `machine.delay`. */
const delayOptions: Readonly<Record<string, string>> = {
  'session.publisherGrace': 'PUBLISHER_GRACE_MS',
  'session.finalizeTimeout': 'FINALIZE_MS',
  'server.drainTimeout': 'DRAIN_MS',
};

/** Longest inline guard that is quoted, in characters. */
const QUOTED_GUARD_MAX = 48;

/** The event of a transition: `process.stop`, `after 5 s (FFMPEG_STOP_MS)`, `boot done`; empty for an eventless one. */
export function describeEvent(event: string, node: AnyStateNode): string {
  const ofActor = /^xstate\.(done|error|snapshot)\.actor\.(.+)$/.exec(event);
  if (ofActor !== null) return `${ofActor[2]} ${ofActor[1] === 'error' ? 'fails' : 'done'}`;
  if (event.startsWith('xstate.done.state.')) return 'all done';
  if (event.startsWith('xstate.after.')) return describeDelay(event.slice(13, -(node.id.length + 1)), node);
  return event;
}

function describeDelay(delay: string, node: AnyStateNode): string {
  if (/^\d+$/.test(delay)) return `after ${delay} ms`;
  return `after ${delayOptions[`${node.machine.id}.${delay}`] ?? delay}`;
}

/** The guard of a transition in brackets; empty when there is none. */
export function describeGuard(guard: unknown): string {
  return guard === undefined ? '' : `[${guardWords(guard)}]`;
}

function guardWords(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { type, guards, stateValue } = asRecord(guard);
  if (Array.isArray(guards)) return guardListWords(guard, guards);
  if (stateValue !== undefined) return `in ${stateWords(stateValue)}`;
  if (typeof guard === 'function') return quotedCondition(guard.toString());
  return typeof type === 'string' ? type : '…';
}

function guardListWords(guard: unknown, guards: unknown[]): string {
  const { check } = asRecord(guard);
  const word = typeof check === 'function' ? check.name.replace(/^check/, '').toLowerCase() : '';
  const parts = guards.map(guardWords);
  return word === 'not' ? `not ${parts.join(' ')}` : parts.join(` ${word} `);
}

/** `{ active: { phase: 'running' } }` → `active.phase.running`. */
function stateWords(value: unknown): string {
  if (typeof value === 'string') return value.replace(/^#/, '');
  return Object.entries(asRecord(value))
    .map(([key, inner]) => `${key}.${stateWords(inner)}`)
    .join(', ');
}

/** What an inline arrow function asks, when it is short. */
function quotedCondition(source: string): string {
  const body = source
    .slice(source.indexOf('=>') + 2)
    .replace(/\s+/g, ' ')
    .trim();
  return body.length <= QUOTED_GUARD_MAX && !body.startsWith('{') ? body : '…';
}

/** The name of an effect that a reader should see. */
export function describeAction(action: unknown): string | undefined {
  const name = typeof action === 'string' ? action : builtInWords(action);
  return name === undefined || /^(keep|count)[A-Z]/.test(name) ? undefined : name;
}

function builtInWords(action: unknown): string | undefined {
  const { type, event } = asRecord(action);
  if (type === 'xstate.raise') {
    const raised = asRecord(event)['type'];
    return typeof raised === 'string' && !raised.startsWith('xstate.after.') ? `raise ${raised}` : undefined;
  }
  return typeof type === 'string' && !type.startsWith('xstate.') ? type : undefined;
}

function asRecord(value: unknown): Record<string, unknown> {
  const isKeyed = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isKeyed ? (value as Record<string, unknown>) : {};
}
