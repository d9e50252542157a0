/** The list of sessions on the home page, kept in the document without being built anew. */
import { tokenedPath } from './own-token.js';
import { duration } from './passages.js';
import { sessionStatus } from './status.js';

/** @import { SessionState } from '../client/messages.js' */
/** @import { Audio } from './status.js' */

/**
 * One session of `GET /sessions`, as far as this page shows it.
 *
 * @typedef {object} Session
 * @property {string} slug
 * @property {SessionState} state
 * @property {Audio} audio
 * @property {string} startedAt
 * @property {string} [endedAt]
 * @property {number} viewers
 */

/** Ended sessions that are shown at most; the newest come first. */
const ENDED_MAX = 5;

/**
 * Shows `sessions`: running ones first, then the last that ended.
 *
 * @param {HTMLElement} list
 * @param {readonly Session[]} sessions
 */
export function showSessions(list, sessions) {
  const newestFirst = sessions.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  const running = newestFirst.filter(({ state }) => state !== 'ended');
  const ended = newestFirst.filter(({ state }) => state === 'ended').slice(0, ENDED_MAX);
  const rows = [...running, ...ended].map((session) => fill(rowOf(list, session.slug), session));
  const gone = [...list.children].filter((row) => !rows.includes(row));
  for (const row of gone) row.remove();
  for (const [index, row] of rows.entries()) {
    const there = list.children.item(index);
    if (there !== row) list.insertBefore(row, there);
  }
}

/**
 * @param {HTMLElement} list
 * @param {string} slug
 */
function rowOf(list, slug) {
  return [...list.children].find((row) => row.querySelector('.session-name')?.textContent === slug) ?? newRow(slug);
}

/** @param {string} slug */
function newRow(slug) {
  const link = document.createElement('a');
  link.href = tokenedPath(`/watch/${encodeURIComponent(slug)}`);
  for (const name of ['session-name', 'status', 'session-more']) {
    const part = document.createElement('span');
    part.className = name;
    link.append(part);
  }
  setText(link.querySelector('.session-name'), slug);
  const row = document.createElement('li');
  row.append(link);
  return row;
}

/**
 * @param {Element} row
 * @param {Session} session
 */
function fill(row, { state, audio, startedAt, endedAt, viewers }) {
  const { words, tone } = sessionStatus(state, audio);
  const status = row.querySelector('.status');
  status?.setAttribute('data-tone', tone);
  setText(status, words);
  const lengthMs = Math.max(0, Date.parse(endedAt ?? new Date().toISOString()) - Date.parse(startedAt));
  const length = lengthMs < 60_000 ? 'under a minute' : duration(Math.floor(lengthMs / 60_000) * 60_000);
  const audience = viewers === 1 ? '1 viewer' : `${viewers} viewers`;
  setText(row.querySelector('.session-more'), endedAt === undefined ? `${audience} · ${length}` : `lasted ${length}`);
  return row;
}

/**
 * @param {Element | null} element
 * @param {string} text
 */
function setText(element, text) {
  if (element !== null && element.textContent !== text) element.textContent = text;
}
