/**
 * What an overlay shows, without the document: for each language the utterances that are on the picture, oldest first. A
 * partial grows in its place; a final ends it. What nobody has said anything after for a while goes. Pure: time comes in.
 */

/** @import { Spoken } from '../client/messages.js' */

/** Utterances of a language that are kept; more than fit on the picture, for some are short. */
const UTTERANCES_MAX = 8;
/** After this long without a word the picture is free again. */
export const CLEAR_MS = 7_000;
/** Utterances whose own language is remembered, to tell their translations. */
const KNOWN_MAX = 64;

/** @typedef {{ utteranceId: string, text: string, language: string }} Shown */

export class OverlayLines {
  /** Wanted ones; without any, each utterance in the language that came first. @type {readonly string[]} */
  #languages;
  /** By language, or all together. @type {Map<string, Shown[]>} */
  #rows;
  /** @type {Map<string, string>} */
  #spokenIn = new Map();
  #changedAtMs = 0;

  /** @param {readonly string[]} languages */
  constructor(languages) {
    this.#languages = languages;
    this.#rows = new Map((languages.length === 0 ? [''] : languages).map((language) => [language, []]));
  }

  /** One list for each language, in the order that was asked for. @returns {readonly (readonly Shown[])[]} */
  get rows() {
    return [...this.#rows.values()];
  }

  /**
   * @param {Spoken} spoken A partial or a final; without text, the withdrawal of a partial.
   * @param {number} nowMs
   */
  say({ utteranceId, text, language }, nowMs) {
    const row = this.#rowOf(utteranceId, language);
    if (row === undefined) return;
    this.#changedAtMs = nowMs;
    const known = row.findIndex((shown) => shown.utteranceId === utteranceId);
    if (text.trim() === '') {
      if (known >= 0) row.splice(known, 1);
      return;
    }
    const shown = { utteranceId, text, language };
    if (known >= 0) row[known] = shown;
    else row.push(shown);
    if (row.length > UTTERANCES_MAX) row.shift();
  }

  /** Empties the picture once nothing was said for long enough. @param {number} nowMs @returns {boolean} Did it change? */
  sweep(nowMs) {
    if (nowMs - this.#changedAtMs < CLEAR_MS || this.rows.every(({ length }) => length === 0)) return false;
    this.clear();
    return true;
  }

  clear() {
    for (const row of this.#rows.values()) row.length = 0;
    this.#spokenIn.clear();
  }

  /** @param {string} utteranceId @param {string} language */
  #rowOf(utteranceId, language) {
    if (this.#languages.length > 0) return this.#rows.get(language);
    const spokenIn = this.#spokenIn.get(utteranceId);
    if (spokenIn === undefined) {
      this.#spokenIn.set(utteranceId, language);
      const [oldest] = this.#spokenIn.keys();
      if (this.#spokenIn.size > KNOWN_MAX && oldest !== undefined) this.#spokenIn.delete(oldest);
    }
    return spokenIn === undefined || spokenIn === language ? this.#rows.get('') : undefined;
  }
}
