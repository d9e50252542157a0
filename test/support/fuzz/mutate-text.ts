/** Texts changed at random: JSON by its structure, lines by order, anything by its characters. */

type Random = () => number;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const oneOf = <T>(random: Random, all: readonly T[]): T => all[below(random, all.length)] as T;

/** Values that parsers are known to stumble over. */
export const oddValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 255, 256, 65_536, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324],
  ...['', ' ', '\0', '\u202e', '\ud800', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '-->', '<b>'],
  ...[
    [],
    {},
    [[]],
    [null],
    { __proto__: null },
    'x'.repeat(300),
    'é'.repeat(5_000),
    Array.from({ length: 300 }, () => 0),
  ],
];

const oddNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '__defineGetter__',
  'type',
  'data',
  'then',
  '',
  '0',
];
const oddTexts = ['\0', '\u202e', '\ufeff', '%00', '%2e%2e%2f', '..\\', '\r\n', '"', '\\', '{', ']', '\ud83d', 'ÿ'];

/** Nested so deeply; parsers that call themselves end here. */
export function nested(depth: number): string {
  return `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`;
}

type Change = (text: string, random: Random) => string;

const textChanges: readonly Change[] = [
  (text, random) => {
    const at = below(random, text.length);
    return text.slice(0, at) + text.slice(at + 1 + below(random, 8));
  },
  (text, random) => {
    const at = below(random, text.length + 1);
    return text.slice(0, at) + oneOf(random, oddTexts) + text.slice(at);
  },
  (text, random) => text.slice(0, below(random, text.length + 1)),
  (text, random) => {
    const at = below(random, text.length);
    return text.slice(0, at) + String.fromCharCode(below(random, 256)) + text.slice(at + 1);
  },
  (text, random) => text.replace(/-?\d+(\.\d+)?/, () => oneOf(random, ['-1', '0', '1e999', '9007199254740993', 'NaN'])),
  (text, random) => {
    const at = below(random, text.length);
    const part = text.slice(at, at + 1 + below(random, 40));
    return text.slice(0, at) + part.repeat(1 + below(random, 30)) + text.slice(at);
  },
];

/** One line or text with one change to its characters. */
export function changeText(text: string, random: Random): string {
  return oneOf(random, textChanges)(text, random);
}

/** A JSON text with one change to its structure; as it is, with a change to its characters, when it is no JSON. */
export function changeJson(text: string, random: Random): string {
  try {
    const value: unknown = JSON.parse(text);
    const changed = JSON.stringify(changeValue(value, random));
    // What `JSON.stringify` would never write: the name that sets a prototype, and a name twice.
    if (random() < 0.15)
      return changed.replace('{', `{"${oneOf(random, oddNames)}":${oneOf(random, ['{}', '[]', '1'])},`);
    if (random() < 0.03) return changed.replace(/(:)(?=[^:]*$)/, `$1${nested(below(random, 4_000))},"z":`);
    return changed;
  } catch {
    return changeText(text, random);
  }
}

function changeValue(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1) return oneOf(random, oddValues);
  if (Array.isArray(value)) {
    const at = below(random, value.length);
    return value.map((each: unknown, index) => (index === at ? changeValue(each, random) : each));
  }
  const entries = Object.entries(value);
  const at = below(random, entries.length);
  const changed = entries.flatMap(([name, inner], index): [string, unknown][] => {
    if (index !== at) return [[name, inner]];
    const chance = random();
    if (chance < 0.1) return [];
    if (chance < 0.2) return [[oneOf(random, oddNames), inner]];
    return [[name, changeValue(inner, random)]];
  });
  return Object.fromEntries(changed);
}

/** Several lines: one to three of them changed by `change`, dropped, doubled or moved. */
export function changeLines(text: string, random: Random, change: Change): string {
  let lines = text.split('\n');
  for (let left = 1 + below(random, 3); left > 0; left -= 1) {
    const at = below(random, lines.length);
    const line = lines[at] ?? '';
    const chance = random();
    if (chance < 0.7) lines[at] = change(line, random);
    else if (chance < 0.8) lines.splice(at, 1);
    else if (chance < 0.9) lines.splice(below(random, lines.length), 0, line);
    else lines = lines.toReversed();
  }
  return lines.join('\n');
}
