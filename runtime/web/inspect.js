/** The inspector's page: the machines of a session as they run, or as they ran in a recording. Read-only. */
import { ChartView } from './inspect-chart.js';
import { HostedInspector } from './inspect-hosted.js';
import { deadlinesOf, InspectedSession, readRecording } from './inspect-model.js';
import { Replay } from './inspect-replay.js';
import { drawContext, drawLog, drawSequence, drawTree, element } from './inspect-views.js';
import { withOwnToken } from './own-token.js';

/** @import { Frame } from './inspect-model.js' */
/** @typedef {{ slug: string, epoch: number, state: string, audio: string, viewers: number }} Listed */

const SUBPROTOCOL = 'xstate-inspect.v1';
/** Close code of a token that is no longer good. */
const TOKEN_EXPIRED = 4001;
const EXPIRED = 'The token has expired: open this page with a new one';
const RETRY_MS = 1_500;
const DEADLINES_EVERY_MS = 200;

let session = new InspectedSession();
/** @type {Frame[]} */
let held = [];
let isPaused = false;
let slug = new URLSearchParams(location.search).get('session') ?? '';
/** @type {WebSocket | undefined} */
let live;
/** @type {string | undefined} */
let chosen;
const hosted = new HostedInspector();
let isDrawingAsked = false;
/** The recording that is shown instead of a live session. @type {Replay | undefined} */
let replay;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let playing;
const chart = new ChartView(byId('chart'), askDrawing);

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
  const socket = new WebSocket(address('*'), withOwnToken(SUBPROTOCOL));
  socket.addEventListener('message', ({ data }) => listSessions(JSON.parse(data).sessions));
  socket.addEventListener('close', ({ code }) => {
    if (code === TOKEN_EXPIRED) say(EXPIRED, 'warn');
    else setTimeout(followSessions, RETRY_MS);
  });
}

/** @param {Listed[]} sessions */
function listSessions(sessions) {
  byId('no-sessions').hidden = sessions.length > 0;
  byId('sessions').replaceChildren(
    ...sessions.map((listed) => {
      const item = element('li');
      const state = listed.audio === 'silent' ? `${listed.state}, no audio` : listed.state;
      const viewers = listed.viewers === 1 ? '1 viewer' : `${listed.viewers} viewers`;
      const button = element('button', '', `${listed.slug} · ${state} · ${viewers}`);
      button.type = 'button';
      if (listed.slug === slug) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => watch(listed.slug));
      item.append(button);
      return item;
    }),
  );
  const [first] = sessions;
  const isAway = live === undefined || live.readyState === WebSocket.CLOSED;
  if (first !== undefined && isAway && replay === undefined)
    watch(sessions.some((listed) => listed.slug === slug) ? slug : first.slug);
}

/** @param {string} name */
function watch(name) {
  live?.close();
  slug = name;
  stopPlaying();
  replay = undefined;
  begin(new InspectedSession());
  const socket = new WebSocket(address(name), withOwnToken(SUBPROTOCOL));
  live = socket;
  socket.addEventListener('open', () => say(`Live: ${name}`, 'live'));
  socket.addEventListener('message', ({ data }) => take(JSON.parse(data)));
  socket.addEventListener('close', ({ code }) => {
    if (live === socket && code !== TOKEN_EXPIRED) say(`${name} has ended`, 'quiet');
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
  hosted.tell(frame);
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
  const actor = session.actors.get(chosen ?? '');
  byId('chart-name').textContent = actor?.name ?? 'Chart';
  drawContext(byId('context'), actor?.snapshot.context ?? {});
  chart.draw(actor);
  drawTools();
}

function drawTools() {
  const waiting = replay === undefined ? held.length : replay.left;
  byId('step').toggleAttribute('disabled', waiting === 0);
  byId('step').textContent = waiting === 0 ? 'Step' : `Step (${waiting})`;
  byId('replay').hidden = replay === undefined;
  byId('pause').hidden = replay !== undefined;
  if (replay === undefined) return;
  const place = /** @type {HTMLInputElement} */ (byId('place'));
  place.max = String(replay.length);
  place.value = String(replay.position);
  byId('place-words').textContent = `${replay.position} of ${replay.length}${replay.clock}`;
  byId('play').textContent = playing === undefined ? 'Play' : 'Stop';
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
  stopPlaying();
  replay = new Replay(frames);
  begin(replay.session);
  seek(frames.length);
  say(`Recording: ${file.name}, ${frames.length} frames`, 'quiet');
}

/** @param {number} position Frames of the recording that have happened. */
function seek(position) {
  if (replay === undefined) return;
  replay.seek(position);
  session = replay.session;
  askDrawing();
}

function stopPlaying() {
  clearTimeout(playing);
  playing = undefined;
}

function play() {
  if (replay === undefined) return;
  if (replay.left === 0) seek(0);
  playing = setTimeout(() => {
    playing = undefined;
    if (replay === undefined) return;
    seek(replay.position + 1);
    if (replay.left > 0) play();
  }, replay.waitMs);
  askDrawing();
}

function step() {
  if (replay !== undefined) return seek(replay.position + 1);
  const frame = held.shift();
  if (frame !== undefined) session.apply(frame);
  askDrawing();
}

byId('pause').addEventListener('click', togglePause);
byId('step').addEventListener('click', step);
byId('play').addEventListener('click', () => {
  if (playing === undefined) return play();
  stopPlaying();
  askDrawing();
});
byId('place').addEventListener('input', ({ target }) => {
  stopPlaying();
  seek(Number(/** @type {HTMLInputElement} */ (target).value));
});
byId('fit').addEventListener('click', () => {
  byId('fit').setAttribute('aria-pressed', String(chart.toggleFit()));
});
byId('save').addEventListener('click', save);
byId('open').addEventListener('change', ({ target }) => {
  const file = /** @type {HTMLInputElement} */ (target).files?.[0];
  if (file !== undefined) void open(file);
});
byId('hosted').addEventListener('click', () => hosted.open(() => session.frames));
byId('filter').addEventListener('input', askDrawing);
setInterval(countDown, DEADLINES_EVERY_MS);
followSessions();
