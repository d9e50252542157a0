/**
 * The options of an overlay, read from the query of its address: by the server, which refuses what makes no sense, and by
 * the page. Pure.
 */

/**
 * @typedef {object} OverlayOptions
 * @property {number} size Height of the letters' box, in CSS pixels.
 * @property {number} lines Lines that are shown at a time, of each language.
 * @property {number} delayMs From the word's arrival until it is shown, for a video that is later than its captions.
 * @property {'left' | 'center' | 'right'} align
 * @property {string} color As CSS has it.
 * @property {string[]} languages Shown one above the other; none: what is spoken, whatever it is.
 */

/** Bounds of the options that are numbers, and what they are when they are absent. */
const numbers = {
  size: { least: 12, most: 200, absent: 48, unit: 'pixels' },
  lines: { least: 1, most: 6, absent: 2, unit: 'lines' },
  delayMs: { least: 0, most: 60_000, absent: 0, unit: 'milliseconds' },
};
/** @type {readonly OverlayOptions['align'][]} */
const alignments = ['left', 'center', 'right'];
/** Colours that may be named (CSS Color 4, section 6.1); every other one is hexadecimal. */
const names = ['white', 'black', 'yellow', 'lime', 'aqua', 'cyan', 'red', 'orange', 'pink', 'silver', 'gray', 'grey'];
/** More would leave no room for the picture. */
export const LANGUAGES_MAX = 2;

/**
 * @param {URLSearchParams} query
 * @returns {OverlayOptions | { fault: string }} `fault`: a sentence that names the option and what it has to be.
 */
export function readOverlayOptions(query) {
  try {
    return {
      size: number(query, 'size'),
      lines: number(query, 'lines'),
      delayMs: number(query, 'delayMs'),
      align: alignment(query.get('align') ?? 'center'),
      color: colour(query.get('color') ?? 'white'),
      languages: languages(query.get('language')),
    };
  } catch (error) {
    if (error instanceof RangeError) return { fault: error.message };
    throw error;
  }
}

/**
 * @param {URLSearchParams} query
 * @param {keyof typeof numbers} name
 */
function number(query, name) {
  const { least, most, absent, unit } = numbers[name];
  const given = query.get(name) ?? String(absent);
  const value = /^\d{1,6}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a whole number of ${unit} from ${least} to ${most}.`);
}

/** @param {string} given @returns {OverlayOptions['align']} */
function alignment(given) {
  const found = alignments.find((each) => each === given);
  if (found === undefined) throw new RangeError(`align must be one of ${alignments.join(', ')}.`);
  return found;
}

/** @param {string} given */
function colour(given) {
  const digits = /^#?((?:[\da-f]{3,4}){1,2})$/i.exec(given)?.[1];
  if (digits !== undefined) return `#${digits}`;
  if (names.includes(given)) return given;
  throw new RangeError(`color must be hexadecimal, as in ffcc00, or one of ${names.join(', ')}.`);
}

/** @param {string | null} given */
function languages(given) {
  const wanted = given === null ? [] : given.toLowerCase().split(',');
  const isGood = wanted.length <= LANGUAGES_MAX && wanted.every((code) => /^[a-z]{2,3}$/.test(code));
  if (isGood && new Set(wanted).size === wanted.length) return wanted;
  throw new RangeError('language must be a code such as en, or two different ones such as en,fr.');
}
