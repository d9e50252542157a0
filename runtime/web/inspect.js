/** The inspector's page: the machines of a session as they run, or as they ran in a recording. Read-only. */
import { deadlinesOf, InspectedSession, readRecording } from './inspect-model.js';
import { drawLog, drawSequence, drawTree, element, light } from './inspect-views.js';

/** @import { Frame } from './inspect-model.js' */
/** @typedef {{ slug: string, epoch: number, state: string, viewers: number }} Listed */

const SUBPROTOCOL = 'xstate-inspect.v1';
const RETRY_MS = 1_500;
const DEADLINES_EVERY_MS = 200;
const HOSTED = 'https://stately.ai';

let session = new InspectedSession();
/** @type {Frame[]} */
let held = [];
let isPaused = false;
let slug = new URLSearchParams(location.search).get('session') ?? '';
/** @type {WebSocket | undefined} */
let live;
/** @type {string | undefined} */
let chosen;
/** Who is shown frames in another window. @type {Window | undefined} */
let hosted;
let isDrawingAsked = false;
let isRecording = false;
/** What was last brought into view. */
let lit = '';

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element #${id}.`);
  return found;
}

/** @param {string} words @param {'live' | 'warn' | 'quiet'} tone */
function say(words, tone) {
  byId('status').textContent = words;
  byId('status').dataset['tone'] = tone;
}

/** @param {string} name */
function address(name) {
  return `${location.origin.replace(/^http/, 'ws')}/inspect/live?session=${encodeURIComponent(name)}`;
}

function followSessions() {
  const socket = new WebSocket(address('*'), SUBPROTOCOL);
  socket.addEventListener('message', ({ data }) => listSessions(JSON.parse(data).sessions));
  socket.addEventListener('close', () => setTimeout(followSessions, RETRY_MS));
}

/** @param {Listed[]} sessions */
function listSessions(sessions) {
  byId('no-sessions').hidden = sessions.length > 0;
  byId('sessions').replaceChildren(
    ...sessions.map((listed) => {
      const item = element('li');
      const button = element('button', '', `${listed.slug} · ${listed.state} · ${listed.viewers} viewers`);
      button.type = 'button';
      if (listed.slug === slug) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => watch(listed.slug));
      item.append(button);
      return item;
    }),
  );
  const [first] = sessions;
  const isAway = live === undefined || live.readyState === WebSocket.CLOSED;
  if (first !== undefined && isAway && !isRecording)
    watch(sessions.some((listed) => listed.slug === slug) ? slug : first.slug);
}

/** @param {string} name */
function watch(name) {
  live?.close();
  slug = name;
  isRecording = false;
  begin(new InspectedSession());
  const socket = new WebSocket(address(name), SUBPROTOCOL);
  live = socket;
  socket.addEventListener('open', () => say(`Live: ${name}`, 'live'));
  socket.addEventListener('message', ({ data }) => take(JSON.parse(data)));
  socket.addEventListener('close', () => {
    if (live === socket) say(`${name} has ended`, 'quiet');
  });
}

/** @param {InspectedSession} fresh */
function begin(fresh) {
  session = fresh;
  held = [];
  chosen = undefined;
  askDrawing();
}

/** @param {Frame} frame */
function take(frame) {
  hosted?.postMessage(frame, HOSTED);
  if (isPaused) held.push(frame);
  else session.apply(frame);
  askDrawing();
}

function askDrawing() {
  if (isDrawingAsked) return;
  isDrawingAsked = true;
  requestAnimationFrame(() => {
    isDrawingAsked = false;
    draw();
  });
}

function draw() {
  const filter = /** @type {HTMLInputElement} */ (byId('filter')).value;
  chosen ??= session.roots[0]?.sessionId;
  drawTree(byId('tree'), session, chosen, (sessionId) => {
    chosen = sessionId;
    askDrawing();
  });
  drawLog(byId('log'), session, filter);
  drawSequence(byId('sequence'), session, filter);
  drawChosen();
  byId('step').toggleAttribute('disabled', held.length === 0);
  byId('step').textContent = held.length === 0 ? 'Step' : `Step (${held.length})`;
}

function drawChosen() {
  const actor = session.actors.get(chosen ?? '');
  if (actor === undefined) {
    byId('chart').replaceChildren();
    return;
  }
  byId('chart-name').textContent = actor.name;
  byId('context').textContent = JSON.stringify(actor.snapshot.context ?? {}, null, 2);
  const { id } = actor.definition;
  const hasChart = id !== undefined && actor.definition.states !== undefined;
  const shown = byId('chart').querySelector('iframe');
  if (!hasChart) {
    byId('chart').replaceChildren();
    return;
  }
  if (shown?.dataset['chart'] === id) {
    const place = light(shown.contentDocument, actor)?.getBoundingClientRect();
    const key = `${actor.sessionId} ${actor.changedAtMs}`;
    if (place !== undefined && key !== lit) byId('chart').scrollTo(place.x - 300, place.y - 200);
    lit = place === undefined ? lit : key;
    return;
  }
  const picture = document.createElement('iframe');
  picture.title = `Chart of ${id}`;
  picture.dataset['chart'] = id;
  picture.src = `/inspect/charts/${encodeURIComponent(id)}.svg`;
  picture.addEventListener('load', () => {
    const drawing = picture.contentDocument?.documentElement;
    picture.width = drawing?.getAttribute('width') ?? '';
    picture.height = drawing?.getAttribute('height') ?? '';
    askDrawing();
  });
  byId('chart').replaceChildren(picture);
}

/** Delays of a recording are not counted down. */
function countDown() {
  const actor = session.actors.get(chosen ?? '');
  const isLive = live?.readyState === WebSocket.OPEN && !isPaused;
  const deadlines = actor === undefined || !isLive ? [] : deadlinesOf(actor);
  byId('deadlines').textContent = deadlines
    .map(({ delay, dueAtMs }) => `${delay} in ${Math.max(0, (dueAtMs - Date.now()) / 1_000).toFixed(1)} s`)
    .join(' · ');
}

function togglePause() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  if (!isPaused) for (const frame of held.splice(0)) session.apply(frame);
  askDrawing();
}

function save() {
  const text = session.frames.map((frame) => `${JSON.stringify(frame)}\n`).join('');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }));
  link.download = `${slug === '' ? 'session' : slug}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {File} file */
async function open(file) {
  const frames = readRecording(await file.text());
  live?.close();
  live = undefined;
  isRecording = true;
  const recording = new InspectedSession();
  for (const frame of frames) recording.apply(frame);
  begin(recording);
  say(`Recording: ${file.name}, ${frames.length} frames`, 'quiet');
}

/** Only when asked, and again asked: what is shown here then leaves for a page of others. */
function showHosted() {
  if (!window.confirm('This sends what you see here to a page of stately.ai, in a new window. Go on?')) return;
  const other = window.open(`${HOSTED}/inspect`, 'xstateinspector') ?? undefined;
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== HOSTED || source !== other || data?.type !== '@statelyai.connected') return;
    hosted = other;
    for (const frame of session.frames) hosted?.postMessage(frame, HOSTED);
  });
}

byId('pause').addEventListener('click', togglePause);
byId('step').addEventListener('click', () => {
  const frame = held.shift();
  if (frame !== undefined) session.apply(frame);
  askDrawing();
});
byId('save').addEventListener('click', save);
byId('open').addEventListener('change', ({ target }) => {
  const file = /** @type {HTMLInputElement} */ (target).files?.[0];
  if (file !== undefined) void open(file);
});
byId('hosted').addEventListener('click', showHosted);
byId('filter').addEventListener('input', askDrawing);
setInterval(countDown, DEADLINES_EVERY_MS);
followSessions();
