/** The drawing of one chart, with the active states lit: whole in the place that there is, or in full size. */
import { light } from './inspect-views.js';

/** @import { Actor } from './inspect-model.js' */

/** Room that is left around the innermost active state when it is brought into view. */
const ASIDE_PX = 300;
const ABOVE_PX = 200;

export class ChartView {
  /** @type {HTMLElement} */
  #place;
  /** @type {() => void} */
  #onLoaded;
  #isFitted = false;
  /** What was last brought into view. */
  #lit = '';

  /** @param {HTMLElement} place @param {() => void} onLoaded A drawing has come and can be lit. */
  constructor(place, onLoaded) {
    this.#place = place;
    this.#onLoaded = onLoaded;
    new ResizeObserver(() => this.#size()).observe(place);
  }

  /** @returns {boolean} Is the whole chart shown now? */
  toggleFit() {
    this.#isFitted = !this.#isFitted;
    this.#lit = '';
    this.#size();
    this.#onLoaded();
    return this.#isFitted;
  }

  /** @param {Actor | undefined} actor */
  draw(actor) {
    const id = actor?.definition.states === undefined ? undefined : actor.definition.id;
    if (actor === undefined || id === undefined) return this.#place.replaceChildren();
    if (this.#picture?.dataset['chart'] !== id) return this.#load(id);
    const place = light(this.#picture.contentDocument, actor)?.getBoundingClientRect();
    const key = `${actor.sessionId} ${actor.changedAtMs}`;
    if (place === undefined || key === this.#lit) return;
    this.#lit = key;
    if (!this.#isFitted) this.#place.scrollTo(place.x - ASIDE_PX, place.y - ABOVE_PX);
  }

  get #picture() {
    return this.#place.querySelector('iframe');
  }

  /** @param {string} id */
  #load(id) {
    const picture = document.createElement('iframe');
    picture.title = `Chart of ${id}`;
    picture.dataset['chart'] = id;
    picture.src = `/inspect/charts/${encodeURIComponent(id)}.svg`;
    picture.addEventListener('load', () => {
      this.#size();
      this.#onLoaded();
    });
    this.#place.replaceChildren(picture);
  }

  #size() {
    const drawing = this.#picture?.contentDocument?.documentElement;
    const [, , width = 0, height = 0] = (drawing?.getAttribute('viewBox') ?? '').split(' ').map(Number);
    if (drawing === undefined || this.#picture === null || width === 0) return;
    const scale = this.#isFitted ? Math.min(1, this.#place.clientWidth / width, this.#heightMax / height) : 1;
    const size = { width: String(Math.floor(width * scale)), height: String(Math.floor(height * scale)) };
    for (const [name, value] of Object.entries(size)) {
      drawing.setAttribute(name, value);
      this.#picture.setAttribute(name, value);
    }
  }

  /** The place grows with what it shows, up to a limit of its own. */
  get #heightMax() {
    const { offsetHeight, clientHeight } = this.#place;
    return Number.parseFloat(getComputedStyle(this.#place).maxBlockSize) - (offsetHeight - clientHeight);
  }
}
