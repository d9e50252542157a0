/** Word error rate, as the field counts it: substitutions, insertions and deletions over the words of the reference. */

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

/** 0 for the same words; case and punctuation do not count. */
export function wordErrorRate(reference: string, heard: string): number {
  const spoken = wordsOf(reference);
  const said = wordsOf(heard);
  let row = Array.from({ length: said.length + 1 }, (_, index) => index);
  for (const [index, word] of spoken.entries()) {
    const next = [index + 1];
    for (const [column, other] of said.entries()) {
      const substituted = (row[column] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min(substituted, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return (row.at(-1) ?? 0) / Math.max(1, spoken.length);
}
