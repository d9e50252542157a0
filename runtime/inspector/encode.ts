/**
 * What happens between actors as messages of the official inspection protocol (`@statelyai/inspect` 0.7), so that its
 * tools can attach; redacted, and with the end of an actor that threw, which XState does not tell.
 */
import type { ActorRefLike, AnyActorRef, InspectionEvent } from 'xstate';
import { visible, visibleError, visibleEvent } from './visible.ts';

/** Of the protocol, not of ours. */
const PROTOCOL_VERSION = '0.7.2';

/** One message; the fields are those of the protocol. */
export interface Frame {
  type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  sessionId: string;
  rootId: string;
  /** Milliseconds since 1970, as text. */
  createdAt: string;
  _version: string;
  id: null;
  [field: string]: unknown;
}

interface MachineLike {
  id?: string;
  config?: unknown;
}

/** An actor has come: what it is, and how it is. */
export function actorFrame(actor: AnyActorRef): Frame {
  const { id, logic } = actor as AnyActorRef & { logic?: MachineLike };
  const parent = parentOf(actor);
  const name = parent === undefined ? (logic?.id ?? id) : id;
  return {
    ...common('@xstate.actor', actor),
    name,
    ...(parent && { parentId: parent.sessionId }),
    definition: JSON.stringify(logic?.config ?? { id }, withoutFunctions),
    snapshot: snapshotOf(actor),
  };
}

/** How an actor is, after `event`. */
export function snapshotFrame(actor: ActorRefLike, event: { type: string }, failure?: unknown): Frame {
  const snapshot = snapshotOf(actor);
  const failed = failure === undefined ? {} : { status: 'error', error: visibleError(failure) };
  return { ...common('@xstate.snapshot', actor), event: visibleEvent(event), snapshot: { ...snapshot, ...failed } };
}

/** The frames of something that was inspected, in order. */
export function framesOf(inspected: InspectionEvent): Frame[] {
  if (inspected.type === '@xstate.actor') return [actorFrame(inspected.actorRef as AnyActorRef)];
  if (inspected.type === '@xstate.snapshot') return [snapshotFrame(inspected.actorRef, inspected.event)];
  if (inspected.type !== '@xstate.event') return [];
  const { sourceRef, event, actorRef } = inspected;
  const source = sourceRef === undefined ? {} : { sourceId: sourceRef.sessionId };
  const told: Frame = { ...common('@xstate.event', actorRef), event: visibleEvent(event), ...source };
  if (sourceRef === undefined || !event.type.startsWith('xstate.error.actor.')) return [told];
  const { error } = event as unknown as { error?: unknown };
  return [snapshotFrame(sourceRef, event, error ?? new Error('unknown')), told];
}

/** An actor and everything below it, parents first. */
export function treeOf(root: AnyActorRef): AnyActorRef[] {
  const children = (root.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> }).children ?? {};
  return [root, ...Object.values(children).flatMap((child) => (child === undefined ? [] : treeOf(child)))];
}

function common(type: Frame['type'], actor: ActorRefLike): Frame {
  let root = actor;
  for (let parent = parentOf(root); parent !== undefined; parent = parentOf(root)) root = parent;
  const { sessionId } = actor;
  return {
    type,
    sessionId,
    rootId: root.sessionId,
    createdAt: String(Date.now()),
    _version: PROTOCOL_VERSION,
    id: null,
  };
}

function parentOf(actor: ActorRefLike): AnyActorRef | undefined {
  return (actor as { _parent?: AnyActorRef })._parent;
}

function snapshotOf(actor: ActorRefLike): Record<string, unknown> {
  const snapshot = actor.getSnapshot() as Record<string, unknown>;
  const { status, value, context, tags, error, children } = snapshot;
  return {
    status,
    ...(value !== undefined && { value }),
    ...(context !== undefined && { context: visible(context) }),
    ...(tags instanceof Set && { tags: [...(tags as Set<string>)] }),
    ...(error !== undefined && { error: visibleError(error) }),
    children: Object.fromEntries(Object.keys(children ?? {}).map((id) => [id, { id, xstate$$type: 1 }])),
  };
}

/** A chart's configuration names its actions and guards; code stands for itself. */
function withoutFunctions(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? { type: value.name === '' ? 'inline' : value.name } : value;
}
