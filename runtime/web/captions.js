/**
 * The captions in the document: runs, in them passages and notes, in passages lines. What comes from the network is only
 * ever set as text.
 *
 * A line is a partial until its final comes, which takes its place: nothing moves but the end of the text.
 */
import { clock, continues, dayAndTime, duration } from './passages.js';

/** @import { EndMessage, FinalMessage, GapMessage, PartialMessage, SessionMessage, Spoken } from '../client/messages.js' */
/** @import { PassageEnd } from './passages.js' */

/** Lines and notes that are kept while the reader follows; the oldest go first. */
export const LINES_MAX = 1_500;
/** Lines and notes that are kept while the reader has scrolled back, so that the text does not move away. */
export const LINES_MAX_SCROLLED_BACK = 4_500;
/** Utterances that may be unfinished at a time; the oldest is taken away. */
const PARTIALS_MAX = 8;

/** @typedef {{ line: HTMLElement, endMs: number }} Partial */

export class Captions {
  #root;
  /** @type {HTMLElement | undefined} */
  #run;
  /** The passage that may go on, and what is known of it. @type {{ element: HTMLElement, end: PassageEnd } | undefined} */
  #passage;
  /** The note that another gap right behind would be added to. @type {{ element: HTMLElement, lengthMs: number } | undefined} */
  #gap;
  /** By utterance. @type {Map<string, Partial>} */
  #partials = new Map();
  #count = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  get isEmpty() {
    return this.#count === 0;
  }

  /** @param {SessionMessage} session */
  run({ startedAt }) {
    for (const utteranceId of this.#partials.keys()) this.#takeAway(utteranceId);
    this.#passage = undefined;
    this.#gap = undefined;
    this.#run = element('section', 'run');
    this.#run.append(element('h2', '', `Started ${dayAndTime(startedAt)}`));
    this.#root.append(this.#run);
  }

  /** @param {PartialMessage} partial */
  partial(partial) {
    const known = this.#partials.get(partial.utteranceId);
    const line = known?.line ?? this.#newLine(partial);
    line.dataset['partial'] = '';
    line.ariaHidden = 'true';
    write(line, partial);
    this.#partials.set(partial.utteranceId, { line, endMs: partial.endMs });
    const [oldest] = this.#partials.keys();
    if (this.#partials.size > PARTIALS_MAX && oldest !== undefined) this.#takeAway(oldest);
  }

  /** @param {FinalMessage} final */
  final(final) {
    for (const [utteranceId, { endMs }] of this.#partials) {
      if (utteranceId !== final.utteranceId && endMs <= final.startMs) this.#takeAway(utteranceId);
    }
    const line = this.#partials.get(final.utteranceId)?.line ?? this.#newLine(final);
    this.#partials.delete(final.utteranceId);
    delete line.dataset['partial'];
    line.ariaHidden = null;
    write(line, final);
    if (this.#passage !== undefined && line.parentElement === this.#passage.element) this.#lengthen(final);
  }

  /** @param {GapMessage} gap */
  gap({ startMs, endMs }) {
    const lengthMs = endMs - startMs + (this.#gap?.lengthMs ?? 0);
    const note = this.#gap?.element ?? this.#note('gap');
    note.textContent = `… ${duration(lengthMs)} not transcribed`;
    this.#gap = { element: note, lengthMs };
  }

  /** Lines that can never be had. @param {number} count */
  missed(count) {
    this.#note('gap').textContent = count === 1 ? '… a line is missing' : `… ${count} lines are missing`;
  }

  /** @param {EndMessage} end */
  end({ ledger }) {
    for (const utteranceId of this.#partials.keys()) this.#takeAway(utteranceId);
    const lost = ledger.gapMs > 0 ? `, ${duration(ledger.gapMs)} of it not transcribed` : '';
    this.#note('end').textContent = `Ended after ${duration(ledger.receivedMs)}${lost}`;
  }

  /** Takes the oldest away until `most` lines and notes are left. @param {number} most */
  trim(most) {
    while (this.#count > most) {
      const run = this.#root.firstElementChild;
      const block = run?.querySelector(':scope > .passage, :scope > .note');
      if (run === null || run === undefined) return;
      if (block === null || block === undefined) run.remove();
      else this.#remove(block);
    }
  }

  /** @param {Element} block A passage or a note. */
  #remove(block) {
    this.#count -= Math.max(1, block.querySelectorAll('.line').length);
    for (const [utteranceId, { line }] of this.#partials) {
      if (block.contains(line)) this.#partials.delete(utteranceId);
    }
    if (block === this.#passage?.element) this.#passage = undefined;
    if (block === this.#gap?.element) this.#gap = undefined;
    block.remove();
  }

  /** @param {Spoken} spoken */
  #newLine(spoken) {
    this.#gap = undefined;
    if (this.#passage === undefined || !continues(this.#passage.end, spoken)) this.#newPassage(spoken);
    const line = element('span', 'line');
    this.#passage?.element.append(line, ' ');
    this.#count += 1;
    return line;
  }

  /** @param {Spoken} spoken */
  #newPassage({ startMs, speaker }) {
    const passage = element('p', 'passage');
    passage.append(element('span', 'time', clock(startMs)));
    if (speaker !== undefined) passage.append(element('span', 'speaker', `${speaker}: `));
    this.#container.append(passage);
    this.#passage = { element: passage, end: { endMs: startMs, length: 0, speaker, text: '' } };
  }

  /** @param {FinalMessage} final */
  #lengthen({ endMs, text }) {
    if (this.#passage === undefined) return;
    const { end } = this.#passage;
    this.#passage.end = { ...end, endMs: Math.max(end.endMs, endMs), length: end.length + text.length, text };
  }

  /** @param {string} kind */
  #note(kind) {
    this.#passage = undefined;
    const note = element('p', 'note');
    note.dataset['kind'] = kind;
    this.#container.append(note);
    this.#count += 1;
    return note;
  }

  get #container() {
    return this.#run ?? this.#root;
  }

  /** @param {string} utteranceId Of a partial that will have no final here. */
  #takeAway(utteranceId) {
    const { line } = this.#partials.get(utteranceId) ?? {};
    this.#partials.delete(utteranceId);
    const passage = line?.parentElement;
    if (line === undefined || passage === null || passage === undefined) return;
    if (passage.querySelectorAll('.line').length === 1) return this.#remove(passage);
    line.nextSibling?.remove();
    line.remove();
    this.#count -= 1;
  }
}

/**
 * @param {HTMLElement} line
 * @param {Spoken} spoken
 */
function write(line, { text, language }) {
  if (line.textContent !== text) line.textContent = text;
  if (line.lang !== language) line.lang = language;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function element(tag, className, text = '') {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}
