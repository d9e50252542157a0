/**
 * Keeps the newest text in view while the reader is at the end, and leaves the place alone once the reader has scrolled
 * back.
 *
 * The style sheet turns the browser's own scroll anchoring off while the page follows: what is taken away at the top must
 * not look like the reader's scrolling up.
 */

/** How close to its end, in CSS pixels, the page counts as being there. */
const NEAR_END_PX = 40;

export class ReadingPlace {
  #onChange;
  #isFollowing = true;
  #lastY = window.scrollY;

  /**
   * @param {Element} content What grows.
   * @param {(isFollowing: boolean) => void} onChange
   */
  constructor(content, onChange) {
    this.#onChange = onChange;
    window.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    window.addEventListener('resize', () => this.keep());
    this.#show();
    new ResizeObserver(() => this.keep()).observe(content);
  }

  get isFollowing() {
    return this.#isFollowing;
  }

  /** Goes to the end, and stays there. */
  toNewest() {
    this.#follow(true);
    this.keep();
  }

  /** The page has another size: its end stays in view where the reader is there. */
  keep() {
    if (!this.#isFollowing) return;
    window.scrollTo(0, document.documentElement.scrollHeight);
    // Where older text was taken away this is further up than before, and not because the reader wished it.
    this.#lastY = window.scrollY;
  }

  /** Only upward movement is the reader's wish to stay: text that grows moves nothing. */
  #scrolled() {
    const { scrollY, innerHeight } = window;
    const toEnd = document.documentElement.scrollHeight - innerHeight - scrollY;
    if (toEnd <= NEAR_END_PX) this.#follow(true);
    else if (scrollY < this.#lastY) this.#follow(false);
    this.#lastY = scrollY;
  }

  /** @param {boolean} isFollowing */
  #follow(isFollowing) {
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    this.#show();
    this.#onChange(isFollowing);
  }

  #show() {
    document.documentElement.dataset['following'] = String(this.#isFollowing);
  }
}
