/**
 * What a language model makes of the session: a panel below the captions, closed until the reader opens it. A model's
 * words are as hostile as anybody's: known fields alone, bounded, only ever set as text.
 */

/** @import { InsightMessage } from '../client/messages.js' */

/** Longest text that is shown, in UTF-16 units, and most entries of a list. */
const TEXT_MAX = 4_000;
const ENTRIES_MAX = 40;

export class InsightPanel {
  #elements;

  /**
   * @param {Record<'panel' | 'gist' | 'topics' | 'actions' | 'actionsTitle', HTMLElement>} elements
   * @param {() => void} onResized The panel takes more or less room.
   */
  constructor(elements, onResized) {
    this.#elements = elements;
    new ResizeObserver(onResized).observe(elements.panel);
  }

  /** Another run: what was made of the last one goes. */
  clear() {
    this.#elements.panel.hidden = true;
  }

  /** @param {InsightMessage} insight */
  show({ data }) {
    const { panel, gist, topics, actions, actionsTitle } = this.#elements;
    const [summary = ''] = texts([fieldOf(data, 'summary')]);
    fill(topics, texts(fieldOf(data, 'topics')));
    fill(actions, texts(fieldOf(data, 'actions')));
    gist.textContent = summary;
    gist.hidden = summary === '';
    topics.hidden = topics.childElementCount === 0;
    actions.hidden = actions.childElementCount === 0;
    actionsTitle.hidden = actions.hidden;
    panel.hidden = gist.hidden && topics.hidden && actions.hidden;
  }
}

/** @param {unknown} data @param {string} name @returns {unknown} */
function fieldOf(data, name) {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return undefined;
  return Reflect.get(data, name);
}

/** What of it is text. @param {unknown} value @returns {string[]} */
function texts(value) {
  if (!Array.isArray(value)) return [];
  const all = value.filter((each) => typeof each === 'string' && each.trim() !== '');
  return all.slice(0, ENTRIES_MAX).map((each) => String(each).slice(0, TEXT_MAX));
}

/** @param {HTMLElement} list @param {string[]} entries */
function fill(list, entries) {
  list.replaceChildren(
    ...entries.map((entry) => {
      const item = document.createElement('li');
      item.dir = 'auto';
      item.textContent = entry;
      return item;
    }),
  );
}
