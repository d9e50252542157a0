/** How much of a subtitle line a text takes. Pure. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const NARROW = /^[\u{20}-\u{7e}]*$/u;
/** East Asian wide and fullwidth (Unicode TR 11) as far as subtitles meet them, and emoji. */
const WIDE =
  /^(?![\u{ff61}-\u{ffdc}])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Emoji_Presentation}\u{3000}-\u{303f}\u{30fb}\u{30fc}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}]|\u{fe0f}/u;

/** Characters as a reader counts them: an emoji with its modifiers or a letter with its accents is one. */
export function graphemesOf(text: string): string[] {
  return NARROW.test(text) ? text.split('') : [...graphemes.segment(text)].map(({ segment }) => segment);
}

/** Columns: one a grapheme, two for Chinese, Japanese, Korean and emoji. */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  return graphemesOf(text).reduce((sum, grapheme) => sum + (WIDE.test(grapheme) ? 2 : 1), 0);
}
