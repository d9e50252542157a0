/**
 * What the inspector knows of one session, from the frames of the official inspection protocol. Pure: the same frames
 * give the same picture, live or from a recording.
 */

/**
 * @typedef {object} Frame
 * @property {'@xstate.actor' | '@xstate.event' | '@xstate.snapshot'} type
 * @property {string} sessionId
 * @property {string} createdAt Milliseconds since 1970.
 * @property {string} [name]
 * @property {string} [parentId]
 * @property {string} [sourceId]
 * @property {string} [definition] JSON.
 * @property {{ type: string }} [event]
 * @property {Snapshot} [snapshot]
 */

/** @typedef {{ status?: string, value?: unknown, context?: Record<string, unknown>, error?: { message: string } }} Snapshot */
/** A chart's configuration, as far as it is read. @typedef {{ id?: string, after?: Record<string, unknown>, states?: Record<string, Definition> }} Definition */

/**
 * @typedef {object} Actor
 * @property {string} sessionId
 * @property {string | undefined} parentId
 * @property {string} name
 * @property {Definition} definition
 * @property {Snapshot} snapshot
 * @property {number} changedAtMs
 * @property {Map<string, number>} active When each state that is active was entered.
 * @property {Set<string>} left States that were left when it last changed.
 */

/** @typedef {{ atMs: number, from: string | undefined, to: string, event: { type: string } }} LogEntry */
/** @typedef {{ state: string, delay: string, dueAtMs: number }} Deadline */

/** Frames that are kept; the oldest go first, the actors themselves stay. */
export const FRAMES_MAX = 5_000;

export class InspectedSession {
  /** @type {Map<string, Actor>} */
  actors = new Map();
  /** @type {LogEntry[]} */
  log = [];
  /** @type {Frame[]} */
  frames = [];

  /** @param {Frame} frame */
  apply(frame) {
    this.frames.push(frame);
    if (this.frames.length > FRAMES_MAX) this.frames.shift();
    const atMs = Number(frame.createdAt);
    if (frame.type === '@xstate.actor') this.#come(frame, atMs);
    else if (frame.type === '@xstate.snapshot') this.#change(frame.sessionId, frame.snapshot ?? {}, atMs);
    else this.#happen(frame, atMs);
  }

  /** Actors without a parent that is known. */
  get roots() {
    return [...this.actors.values()].filter(({ parentId }) => parentId === undefined || !this.actors.has(parentId));
  }

  /** @param {string} sessionId */
  childrenOf(sessionId) {
    return [...this.actors.values()].filter(({ parentId }) => parentId === sessionId);
  }

  /** @param {Frame} frame @param {number} atMs */
  #come({ sessionId, parentId, name = sessionId, definition = '{}', snapshot = {} }, atMs) {
    const known = this.actors.get(sessionId);
    const actor = { sessionId, parentId, name, definition: parsed(definition), snapshot: {}, changedAtMs: atMs };
    this.actors.set(sessionId, { ...actor, active: known?.active ?? new Map(), left: new Set() });
    this.#change(sessionId, snapshot, atMs);
  }

  /** @param {string} sessionId @param {Snapshot} snapshot @param {number} atMs */
  #change(sessionId, snapshot, atMs) {
    const actor = this.actors.get(sessionId);
    if (actor === undefined) return;
    const before = actor.active;
    const paths = activePaths(actor.definition.id ?? actor.name, snapshot.value);
    const hasMoved = paths.length !== before.size || paths.some((path) => !before.has(path));
    actor.snapshot = snapshot;
    actor.active = new Map(paths.map((path) => [path, before.get(path) ?? atMs]));
    if (!hasMoved) return;
    actor.changedAtMs = atMs;
    actor.left = new Set([...before.keys()].filter((path) => !actor.active.has(path)));
  }

  /** @param {Frame} frame @param {number} atMs */
  #happen({ sessionId, sourceId, event }, atMs) {
    if (event === undefined) return;
    this.log.push({ atMs, from: sourceId, to: sessionId, event });
    if (this.log.length > FRAMES_MAX) this.log.shift();
  }
}

/**
 * Ids of all states that a value names, outermost first, as the drawings have them: `session.active.phase.running`.
 *
 * @param {string} id Of the machine.
 * @param {unknown} value
 * @returns {string[]}
 */
export function activePaths(id, value) {
  if (value === undefined) return [];
  if (typeof value === 'string') return [id, `${id}.${value}`];
  if (typeof value !== 'object' || value === null) return [id];
  return [id, ...Object.entries(value).flatMap(([state, inner]) => activePaths(`${id}.${state}`, nested(inner)))];
}

/** A state without states of its own has an empty value. @param {unknown} value */
function nested(value) {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? null : value;
}

/**
 * The state that was entered last; of several that were entered together, the innermost of the first.
 *
 * @param {ReadonlyMap<string, number>} active As `Actor` has it.
 * @returns {string | undefined}
 */
export function newestOf(active) {
  /** @type {[name: string, enteredAtMs: number] | undefined} */
  let newest;
  for (const [name, enteredAtMs] of active) {
    const [before, beforeMs] = newest ?? ['', -Infinity];
    const isWithin = enteredAtMs === beforeMs && name.startsWith(`${before}.`);
    if (enteredAtMs > beforeMs || isWithin) newest = [name, enteredAtMs];
  }
  return newest?.[0];
}

/**
 * What an actor waits for: delays of its active states, with the times that its context says.
 *
 * @param {Actor} actor
 * @returns {Deadline[]}
 */
export function deadlinesOf({ definition, snapshot, active, name }) {
  const id = definition.id ?? name;
  return [...active].flatMap(([path, enteredAtMs]) => {
    const state = path
      .slice(id.length + 1)
      .split('.')
      .filter((part) => part !== '');
    const delays = Object.keys(stateOf(definition, state)?.after ?? {});
    return delays.flatMap((delay) => {
      const ms = lengthOf(delay, snapshot.context ?? {});
      return ms === undefined ? [] : [{ state: path, delay, dueAtMs: enteredAtMs + ms }];
    });
  });
}

/** @param {Definition} definition @param {readonly string[]} path @returns {Definition | undefined} */
function stateOf(definition, path) {
  /** @type {Definition | undefined} */
  let state = definition;
  for (const name of path) state = state?.states?.[name];
  return state;
}

/** `stopTimeout` is `stopTimeoutMs`, wherever the context has it. @param {string} delay @param {object} context @returns {number | undefined} */
function lengthOf(delay, context) {
  if (/^\d+$/.test(delay)) return Number(delay);
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === 'number' && (name === `${delay}Ms` || name === delay)) return value;
    if (typeof value !== 'object' || value === null) continue;
    const inner = lengthOf(delay, value);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** @param {string} json @returns {Definition} */
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/**
 * Frames of a recording, one to a line.
 *
 * @param {string} text
 * @returns {Frame[]}
 */
export function readRecording(text) {
  return text.split('\n').flatMap((line) => {
    try {
      const frame = JSON.parse(line);
      return typeof frame?.sessionId === 'string' && /^@xstate\.(actor|event|snapshot)$/.test(frame.type)
        ? [frame]
        : [];
    } catch {
      return [];
    }
  });
}
