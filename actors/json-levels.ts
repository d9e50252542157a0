/** How JSON of strangers may be built: so many levels, and no name that reaches a prototype. */

/** Levels of arrays and objects in one field of a message or a body. */
export const JSON_LEVELS_MAX = 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Has a field of this object more levels than that? Looks at brackets outside of strings, once, before anything is made
 * of the text; of a text that is no JSON it may say either.
 */
export function isTooDeep(text: string): boolean {
  let levels = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    // The object itself is the level around its fields.
    else if (isOpening(code) && (levels += 1) > JSON_LEVELS_MAX + 1) return true;
    else if (isClosing(code)) levels -= 1;
  }
  return false;
}

const isOpening = (code: number): boolean => code === 0x5b || code === 0x7b;
const isClosing = (code: number): boolean => code === 0x5d || code === 0x7d;

/** Where the quote is that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** Names that set or reach a prototype when fields are copied one by one. */
const hostileNames = ['__proto__', 'constructor'];

/** Is any field of what was parsed, on any level, named so? Levels are bounded by `isTooDeep`. */
export function hasHostileName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value) && hostileNames.some((name) => Object.hasOwn(value, name))) return true;
  return Object.values(value).some(hasHostileName);
}
