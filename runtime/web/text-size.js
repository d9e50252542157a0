/** The reader's text size: a few steps, kept for the next visit. */

const SMALLEST = -2;
const LARGEST = 3;
const KEY = 'captiond.text-size';

/**
 * Wires the two buttons; the style sheet knows the steps.
 *
 * @param {HTMLButtonElement} smaller
 * @param {HTMLButtonElement} larger
 */
export function textSize(smaller, larger) {
  let step = stored();
  const show = () => {
    document.documentElement.dataset['textSize'] = String(step);
    smaller.disabled = step === SMALLEST;
    larger.disabled = step === LARGEST;
  };
  /** @param {number} change */
  const by = (change) => () => {
    step = Math.min(LARGEST, Math.max(SMALLEST, step + change));
    store(step);
    show();
  };
  smaller.addEventListener('click', by(-1));
  larger.addEventListener('click', by(1));
  show();
}

function stored() {
  try {
    const step = Number(localStorage.getItem(KEY));
    return Number.isInteger(step) && step >= SMALLEST && step <= LARGEST ? step : 0;
  } catch {
    return 0;
  }
}

/** Browsers may forbid storage; then the size lasts as long as the page. @param {number} step */
function store(step) {
  try {
    localStorage.setItem(KEY, String(step));
  } catch {
    return;
  }
}
