/** Text that cannot be anything but text: one line, no control characters, well-formed. Pure. */

/** Horizontal and vertical space of any kind, with NEL, which `\s` does not have. */
const SPACE = /[\s\u{85}]+/gu;
/** Controls, byte order mark, noncharacters and interlinear annotations. */
const INVISIBLE =
  /(?![\t-\r\u{85}])[\p{Cc}\u{feff}\u{fff9}-\u{fffb}\u{fdd0}-\u{fdef}\u{fffe}\u{ffff}]|[\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu;
/** Anything that is seen or heard; joiners and marks alone are not. */
const VISIBLE = /[^\s\p{Cf}\p{M}\p{Cc}]/u;

/**
 * One line of text without anything that ends a line, orders text around itself (bidi embeddings, overrides and
 * isolates; the harmless marks of right-to-left text stay) or controls a terminal. Half of a surrogate pair becomes
 * U+FFFD. Empty when nothing of it would be seen.
 */
export function plainText(text: string): string {
  const line = text.toWellFormed().replace(INVISIBLE, '').replace(SPACE, ' ').trim();
  return VISIBLE.test(line) ? line : '';
}
