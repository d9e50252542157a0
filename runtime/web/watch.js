/** The captions page of one session: what the viewer client tells, shown. */
import { Viewer } from '../client/viewer.js';
import { Captions, LINES_MAX, LINES_MAX_SCROLLED_BACK } from './captions.js';
import { InsightPanel } from './insight-panel.js';
import { ownToken } from './own-token.js';
import { ReadingPlace } from './reading-place.js';
import { statusOf } from './status.js';
import { textSize } from './text-size.js';

/** @import { Connection } from '../client/viewer.js' */
/** @import { SessionState } from '../client/messages.js' */

/** Captions that a screen reader may still have to read; older ones are taken away. */
const ANNOUNCED_MAX = 4;
/** A page that was out of sight for this long may have lost its connection without knowing. */
const AWAY_MS = 30_000;

const slug = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
const place = new ReadingPlace(byId('captions'), (isFollowing) => (byId('newest').hidden = isFollowing));
const captions = new Captions(byId('captions'));
const insights = new InsightPanel(
  {
    panel: byId('insights'),
    gist: byId('gist'),
    topics: byId('topics'),
    actions: byId('actions'),
    actionsTitle: byId('actions-title'),
  },
  () => place.keep(),
);

/** @type {{ connection: Connection, reason: string, session: SessionState, historyTo: number }} */
const now = { connection: 'connecting', reason: '', session: 'awaiting', historyTo: 0 };

function showStatus() {
  const { words, tone, headline, more } = statusOf(now.connection, now.session, now.reason);
  setText(byId('status-words'), words);
  byId('status').dataset['tone'] = tone;
  setText(byId('empty-words'), headline);
  setText(byId('empty-more'), more);
  document.title = `${words} · ${slug}`;
}

/** To be called after every change of the captions. */
function settle() {
  captions.trim(place.isFollowing ? LINES_MAX : LINES_MAX_SCROLLED_BACK);
  byId('empty').hidden = !captions.isEmpty;
  byId('captions').hidden = captions.isEmpty;
}

/** Finals are read out once each, partials and history never. @param {string} text @param {string} language */
function announce(text, language) {
  const announcer = byId('announcer');
  const line = document.createElement('p');
  line.textContent = text;
  line.lang = language;
  announcer.append(line);
  while (announcer.childElementCount > ANNOUNCED_MAX) announcer.firstElementChild?.remove();
}

const token = ownToken();
const viewer = new Viewer({
  url: `${location.origin.replace(/^http/, 'ws')}/sessions/${encodeURIComponent(slug)}/live`,
  ...(token !== undefined && { token }),
  listeners: {
    connection: (connection, { reason }) => {
      now.connection = connection;
      now.reason = reason;
      showStatus();
    },
    attached: ({ offset }) => (now.historyTo = offset),
    state: (session) => {
      now.session = session;
      showStatus();
    },
    run: (session) => {
      captions.run(session);
      insights.clear();
    },
    insight: (insight) => insights.show(insight),
    partial: (partial) => change(() => captions.partial(partial)),
    final: (final) => {
      change(() => captions.final(final));
      if (final.offset > now.historyTo) announce(final.text, final.language);
    },
    gap: (gap) => change(() => captions.gap(gap)),
    missed: (count) => change(() => captions.missed(count)),
    end: (end) => change(() => captions.end(end)),
  },
});

/** @param {() => void} edit */
function change(edit) {
  edit();
  settle();
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element #${id}.`);
  return found;
}

/** Setting the same text again would have screen readers say it again. @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let hiddenAtMs = Number.POSITIVE_INFINITY;
document.addEventListener('visibilitychange', () => {
  if (document.hidden) hiddenAtMs = performance.now();
  else if (performance.now() - hiddenAtMs > AWAY_MS) viewer.reconnect();
});
window.addEventListener('online', () => viewer.reconnect());
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) viewer.reconnect();
});

byId('name').textContent = slug;
byId('newest').addEventListener('click', () => place.toNewest());
textSize(/** @type {HTMLButtonElement} */ (byId('smaller')), /** @type {HTMLButtonElement} */ (byId('larger')));
showStatus();
settle();
