/** The overlay of one session: the newest lines, over whatever is behind the page. */
import { Viewer } from '../client/viewer.js';
import { OverlayLines } from './overlay-lines.js';
import { ownToken } from './own-token.js';
import { readOverlayOptions } from './overlay-options.js';

/** @import { Spoken } from '../client/messages.js' */
/** @import { OverlayOptions } from './overlay-options.js' */

/** Between two looks at whether the picture is to be freed. */
const SWEEP_MS = 500;
/** Changes that wait for their delay; when there are more, the oldest is shown early. */
const DELAYED_MAX = 2_000;

const options = readOverlayOptions(new URLSearchParams(location.search));
const slug = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
// The server sends this page for good options alone.
if (!('fault' in options)) show(options);

/** @param {OverlayOptions} options */
function show({ size, lines, delayMs, align, color, languages }) {
  const { style } = document.documentElement;
  const values = { '--size': `${size}px`, '--lines': String(lines), '--align': align, '--color': color };
  for (const [name, value] of Object.entries(values)) style.setProperty(name, value);
  style.color = color;
  style.setProperty('--outline', isDark(getComputedStyle(document.documentElement).color) ? '255 255 255' : '0 0 0');
  const shown = new OverlayLines(languages);
  const later = delayed(delayMs);
  /** @param {Spoken} spoken */
  const say = (spoken) =>
    later(() => {
      shown.say(spoken, performance.now());
      draw(shown);
    });
  const clear = () =>
    later(() => {
      shown.clear();
      draw(shown);
    });
  const [language] = languages;
  const token = ownToken();
  const viewer = new Viewer({
    url: `${location.origin.replace(/^http/, 'ws')}/sessions/${encodeURIComponent(slug)}/live`,
    fromStart: false,
    ...(token !== undefined && { token }),
    ...(languages.length === 1 && language !== undefined && { language }),
    listeners: { run: clear, partial: say, final: say },
  });
  window.addEventListener('online', () => viewer.reconnect());
  setInterval(() => {
    if (shown.sweep(performance.now())) draw(shown);
  }, SWEEP_MS);
}

/**
 * Runs what it is given after the delay, in order.
 *
 * @param {number} delayMs
 * @returns {(work: () => void) => void}
 */
function delayed(delayMs) {
  if (delayMs === 0) return (work) => work();
  /** @type {(() => void)[]} */
  const waiting = [];
  return (work) => {
    waiting.push(work);
    if (waiting.length > DELAYED_MAX) waiting.shift()?.();
    // As many timers as works were given, and none runs a later one first: each takes the oldest.
    setTimeout(() => waiting.shift()?.(), delayMs);
  };
}

/** Are letters of this colour seen better against white? @param {string} computed As `rgb(…)` or `rgba(…)`. */
function isDark(computed) {
  const [red = 0, green = 0, blue = 0] = (computed.match(/[\d.]+/g) ?? []).map(Number);
  // Brightness by the weights of ITU-R BT.601.
  return 0.299 * red + 0.587 * green + 0.114 * blue < 96;
}

/** @param {OverlayLines} shown */
function draw({ rows }) {
  const overlay = document.getElementById('overlay');
  if (overlay === null) return;
  while (overlay.childElementCount < rows.length) overlay.append(element('row'));
  for (const [index, row] of rows.entries()) {
    const box = overlay.children[index];
    if (box === undefined) continue;
    while (box.childElementCount > row.length) box.firstElementChild?.remove();
    while (box.childElementCount < row.length) box.append(element('utterance'));
    for (const [place, { text, language }] of row.entries()) {
      const line = box.children[place];
      if (!(line instanceof HTMLElement)) continue;
      if (line.textContent !== text) line.textContent = text;
      if (line.lang !== language) line.lang = language;
    }
  }
}

/** @param {string} className */
function element(className) {
  const made = document.createElement('div');
  made.className = className;
  return made;
}
