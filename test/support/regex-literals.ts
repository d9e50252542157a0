/** Regular expressions as they stand in source text. */

/** Comments, strings and templates, which may hold slashes; then what a literal may follow, and the literal. */
const token =
  /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`|(?<=[(,=:[!&|?{};\n>]\s*|\breturn\s+)\/(?![*/])((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/g;

/** Every literal of a file, in order. */
export function regexLiteralsIn(source: string): RegExp[] {
  return [...source.matchAll(token)].flatMap(([, body, flags]) =>
    body === undefined ? [] : [new RegExp(body, flags)],
  );
}
