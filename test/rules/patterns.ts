/**
 * No regular expression of the program takes more than linear time, whatever it is given: each is tried on texts made to
 * make it go back, and 16 times the text may not cost more than 40 times the work.
 */
import t from 'tap';
import { regexLiteralsIn } from '../support/regex-literals.ts';
import { readFiles } from '../support/source-files.ts';

t.setTimeout(240_000);

const SHORT = 1_024;
const LONG = 16 * SHORT;
const GROWTH_MAX = 40;
/** Below this a cost is noise, in microseconds. */
const NOISE_US = 150;
/** Nothing linear costs so much before the longest text. */
const DEAR_US = 30_000;

const samples = Array.from(' \t\n\0-.:/=%&"\'`<>{}[]()+_aZ0!?,;@$\u00a0é\u0301日か、\u202e\ufeff«');

/** Runs of letters and marks that stand in a pattern as themselves. */
function literalsOf({ source }: RegExp): string[] {
  const plain = source.replace(/\\([^\w])/g, '$1').replace(/\(\?[:=!<]*|\[[^\]]*\]|\\\w(\{[^}]*\})?/g, '|');
  return plain
    .split(/[|^$()*+?[\]{}\\]+/)
    .filter((text) => text !== '')
    .slice(0, 6);
}

/** What may be repeated: single characters that the pattern may know, and pairs of them. */
function pumpsOf(pattern: RegExp): string[] {
  const own = [...new Set(literalsOf(pattern).join(''))].slice(0, 8);
  const known = samples.filter(
    (each) => new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(each) || own.includes(each),
  );
  const pairs = [...own, 'a', ' ', '-', '.'].flatMap((first) => ['a', ' ', '-', '0'].map((second) => first + second));
  return [...new Set([...samples, ...known, ...pairs, ...literalsOf(pattern)])];
}

function* textsFor(pattern: RegExp): Generator<(length: number) => string> {
  const openings = ['', 'a', ...literalsOf(pattern).slice(0, 3)];
  for (const pump of pumpsOf(pattern)) {
    for (const opening of openings) {
      for (const ending of ['', '\u0001!'] as const) {
        yield (length) => opening + pump.repeat(Math.ceil(length / pump.length)) + ending;
      }
    }
  }
}

/** Microseconds of this thread. */
function costOf(pattern: RegExp, text: string): number {
  const before = process.threadCpuUsage();
  pattern.lastIndex = 0;
  if (pattern.global) text.replace(pattern, '');
  else pattern.exec(text);
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

function isTooDear(pattern: RegExp, textOf: (length: number) => string): boolean {
  const [short, long] = [textOf(SHORT), textOf(LONG)];
  // From short to long, so that what doubles with each character, or grows by its cube, is seen before it hangs.
  for (const length of [24, SHORT / 4, SHORT, LONG / 4]) if (costOf(pattern, textOf(length)) > DEAR_US) return true;
  for (let tries = 0; tries < 3; tries += 1) {
    const base = Math.max(NOISE_US, costOf(pattern, short));
    if (costOf(pattern, long) <= GROWTH_MAX * base) return false;
  }
  return true;
}

/** A text that makes the pattern go back, described; undefined when none does. */
function weaknessOf(pattern: RegExp): string | undefined {
  for (const textOf of textsFor(pattern)) {
    if (isTooDear(pattern, textOf)) return JSON.stringify(textOf(8));
  }
  return undefined;
}

const files = readFiles(/^(machines|actors|runtime)\/.*\.(ts|js)$/);
const found = new Map<string, RegExp>();
for (const [path, text] of files)
  for (const pattern of regexLiteralsIn(text)) found.set(`${path} ${String(pattern)}`, pattern);

void t.test('every pattern is linear', (t) => {
  t.ok(found.size > 80, `${found.size} patterns`);
  for (const [name, pattern] of found) t.equal(weaknessOf(pattern), undefined, name);
  t.end();
});

void t.test('the rule sees patterns that are not', (t) => {
  for (const pattern of [/^(a+)+$/, /\s+$/, /^\s*(.*?)\s*;$/s, /-+>/g, /([a-z0-9.]*):\/\//])
    t.ok(weaknessOf(pattern), String(pattern));
  t.end();
});

void t.test('literals are found where they stand, and nothing else is taken for one', (t) => {
  const source = "a / b / c; // /no/\nf(/x[/]y\\//gi, '/no/'); return /z/u.test(`/no/`); /* /no/ */";
  t.strictSame(regexLiteralsIn(source).map(String), ['/x[/]y\\//gi', '/z/u']);
  t.end();
});
