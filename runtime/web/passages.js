/** What captions look like as text: when a new passage begins, and how times are written. Pure. */

/** @import { Spoken } from '../client/messages.js' */

/** A silence this long begins a new passage. */
const PAUSE_MS = 1_800;
/** A passage that is this long, in UTF-16 units, ends with its sentence… */
const PASSAGE_FULL = 220;
/** …and one this long ends wherever it is. */
const PASSAGE_MAX = 500;

/** What is remembered of a passage. @typedef {{ endMs: number, length: number, speaker: string | undefined, text: string }} PassageEnd */

/**
 * Does `spoken` go on with the passage?
 *
 * @param {PassageEnd} passage
 * @param {Spoken} spoken
 */
export function continues({ endMs, length, speaker, text }, spoken) {
  if (spoken.startMs - endMs >= PAUSE_MS || spoken.speaker !== speaker) return false;
  const isFull = length >= PASSAGE_FULL && /[.!?…。！？]['"”’»)]?\s*$/.test(text);
  return !isFull && length < PASSAGE_MAX;
}

/** 75 000 → `1:15`, 3 675 000 → `1:01:15`. @param {number} atMs */
export function clock(atMs) {
  const seconds = Math.max(0, Math.floor(atMs / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const [first, ...rest] = hours > 0 ? [hours, ...parts] : parts;
  return [String(first), ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

/** 400 → `0.4 s`, 12 300 → `12 s`, 75 000 → `1 min 15 s`. @param {number} lengthMs */
export function duration(lengthMs) {
  if (lengthMs < 950) return `${Math.max(0.1, Math.round(lengthMs / 100) / 10)} s`;
  const seconds = Math.round(lengthMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** An instant in the reader's time zone: `Tue, 24 Nov, 14:05`. @param {string} iso ISO 8601. */
export function dayAndTime(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  return at.toLocaleString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}
