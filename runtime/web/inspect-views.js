/** The parts of the inspector's page, each drawn from what is known. What comes from the network is only ever set as text. */
import { newestOf } from './inspect-model.js';

/** @import { Actor, InspectedSession, LogEntry } from './inspect-model.js' */

/** Rows of the log that are shown. */
const LOG_ROWS = 300;
/** Arrows of the sequence diagram. */
const ARROWS = 40;
const LANE_PX = 92;
const ROW_PX = 22;
const HEAD_PX = 26;
const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {Element} root
 * @param {InspectedSession} session
 * @param {string | undefined} chosen
 * @param {(sessionId: string) => void} choose
 */
export function drawTree(root, session, chosen, choose) {
  /** @param {readonly Actor[]} actors @returns {HTMLElement[]} */
  const rows = (actors) =>
    actors.map((actor) => {
      const item = element('li');
      const button = element('button');
      const status = actor.snapshot.status ?? 'active';
      button.dataset['status'] = status;
      button.type = 'button';
      if (actor.sessionId === chosen) button.setAttribute('aria-current', 'true');
      button.append(element('span', 'actor-name', actor.name), element('span', 'actor-value', valueOf(actor)));
      button.addEventListener('click', () => choose(actor.sessionId));
      item.append(button);
      const children = session.childrenOf(actor.sessionId);
      if (children.length > 0) {
        const list = element('ul');
        list.append(...rows(children));
        item.append(list);
      }
      return item;
    });
  root.replaceChildren(...rows(session.roots));
}

/** @param {Actor} actor */
function valueOf({ snapshot }) {
  const { status = 'active', value, error } = snapshot;
  if (error !== undefined) return `${status}: ${error.message}`;
  const state = leavesOf(value).join('\n');
  return status === 'active' ? state || 'running' : [status, state].filter((part) => part !== '').join(' · ');
}

/** The innermost states of a value, one for each region: `phase.running`. @param {unknown} value @returns {string[]} */
function leavesOf(value) {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  return entries.flatMap(([state, inner]) => {
    const leaves = leavesOf(inner);
    if (leaves.length === 0) return [state];
    return entries.length === 1 && leaves.length > 1 ? leaves : leaves.map((leaf) => `${state}.${leaf}`);
  });
}

/**
 * Lights the active states in a drawing, and the ways by which the newest of them were reached.
 *
 * @param {Document | null} drawing
 * @param {Actor} actor
 * @returns {Element | undefined} The newest of them.
 */
export function light(drawing, { active, left, changedAtMs }) {
  for (const edge of drawing?.querySelectorAll('[data-from]') ?? []) {
    const enteredAtMs = active.get(edge.getAttribute('data-to') ?? '');
    const isTaken = enteredAtMs === changedAtMs && left.has(edge.getAttribute('data-from') ?? '');
    for (const path of edge.querySelectorAll('path')) path.style.stroke = isTaken ? 'var(--lit-line)' : '';
  }
  const newest = newestOf(active);
  /** @type {Element | undefined} */
  let shown;
  for (const state of drawing?.querySelectorAll('[data-state]') ?? []) {
    const name = state.getAttribute('data-state') ?? '';
    state.classList.toggle('lit', active.has(name));
    if (name === newest) shown = state;
  }
  return shown;
}

/**
 * @param {Element} root
 * @param {InspectedSession} session
 * @param {string} filter
 */
export function drawLog(root, session, filter) {
  const shown = session.log.filter(({ event }) => event.type.includes(filter)).slice(-LOG_ROWS);
  const isAtEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 40;
  root.replaceChildren(
    ...shown.map((entry) => {
      const { type, ...fields } = entry.event;
      const row = element('li');
      const who = `${nameOf(session, entry.from)} → ${nameOf(session, entry.to)} `;
      row.append(
        element('span', 'when', `${timeOf(entry)} `),
        element('span', 'who', who),
        element('span', 'what', type),
      );
      if (Object.keys(fields).length > 0) row.append(` ${JSON.stringify(fields)}`);
      return row;
    }),
  );
  if (isAtEnd) root.scrollTop = root.scrollHeight;
}

/** @param {LogEntry} entry */
function timeOf({ atMs }) {
  return new Date(atMs).toISOString().slice(11, 23);
}

/** @param {InspectedSession} session @param {string | undefined} sessionId */
function nameOf(session, sessionId) {
  return sessionId === undefined ? 'outside' : (session.actors.get(sessionId)?.name ?? sessionId);
}

/**
 * One lifeline for each actor that took part, one arrow for each event.
 *
 * @param {Element} root
 * @param {InspectedSession} session
 * @param {string} filter
 */
export function drawSequence(root, session, filter) {
  const entries = session.log.filter(({ event }) => event.type.includes(filter)).slice(-ARROWS);
  const lanes = [...new Set(entries.flatMap(({ from, to }) => [nameOf(session, from), nameOf(session, to)]))];
  const height = HEAD_PX + entries.length * ROW_PX + 8;
  const picture = svg('svg', {
    width: lanes.length * LANE_PX,
    height,
    role: 'img',
    'aria-label': 'Sequence of events',
  });
  for (const [index, lane] of lanes.entries()) {
    const x = (index + 0.5) * LANE_PX;
    picture.append(svg('line', { class: 'lifeline', x1: x, x2: x, y1: HEAD_PX - 6, y2: height }));
    picture.append(svgText(lane, { x, y: 14, 'text-anchor': 'middle' }));
  }
  for (const [index, { from, to, event }] of entries.entries()) {
    const y = HEAD_PX + (index + 0.8) * ROW_PX;
    const [x1, x2] = [from, to].map((id) => (lanes.indexOf(nameOf(session, id)) + 0.5) * LANE_PX);
    if (x1 !== undefined && x2 !== undefined) picture.append(...arrow(x1, x2, y, event.type));
  }
  root.replaceChildren(picture);
}

/** @param {number} x1 @param {number} x2 @param {number} y @param {string} label */
function arrow(x1, x2, y, label) {
  const way = Math.sign(x2 - x1);
  const path = way === 0 ? `M${x1} ${y - 6} h16 v6 h-16` : `M${x1} ${y} H${x2}`;
  const tip = way === 0 ? 1 : -way;
  const head = `M${x2} ${y} l${tip * 7} -4 v8 z`;
  const middle = way === 0 ? x1 + 20 : (x1 + x2) / 2;
  const anchor = way === 0 ? 'start' : 'middle';
  return [
    svg('path', { class: 'message', d: path }),
    svg('path', { class: 'head', d: head }),
    svgText(label, { x: middle, y: y - 3, 'text-anchor': anchor }),
  ];
}

/**
 * A context as a tree that can be opened and closed; what was open stays open.
 *
 * @param {Element} root
 * @param {object} context
 */
export function drawContext(root, context) {
  const opened = [...root.querySelectorAll('details')].map(({ dataset, open }) => [dataset['path'] ?? '', open]);
  root.replaceChildren(...branches(context, '', new Map(/** @type {[string, boolean][]} */ (opened))));
}

/** @param {object} value @param {string} path @param {Map<string, boolean>} opened @returns {HTMLElement[]} */
function branches(value, path, opened) {
  return Object.entries(value).map(([name, inner]) => {
    const item = element('li');
    if (typeof inner !== 'object' || inner === null || Object.keys(inner).length === 0) {
      item.append(element('span', 'field', name), ' ', element('span', 'value', JSON.stringify(inner)));
      return item;
    }
    const details = document.createElement('details');
    details.dataset['path'] = `${path}.${name}`;
    details.open = opened.get(`${path}.${name}`) ?? true;
    const list = element('ul');
    list.append(...branches(inner, `${path}.${name}`, opened));
    details.append(element('summary', 'field', name), list);
    item.append(details);
    return item;
  });
}

/** @param {string} tag @param {string} [className] @param {string} [text] */
export function element(tag, className = '', text = '') {
  const made = /** @type {HTMLButtonElement} */ (document.createElement(tag));
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** @param {string} text @param {Record<string, string | number>} attributes */
function svgText(text, attributes) {
  const made = svg('text', attributes);
  made.textContent = text;
  return made;
}
