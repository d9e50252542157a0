/** What a benchmark tells: a table for people, and the sentence of how it was measured. */

export interface Report {
  /** Says what was run, how often, and against what. */
  method: string;
  head: string[];
  rows: string[][];
}

/** A benchmark; its name is its file's. */
export type Bench = () => Promise<Report>;

/** The value below which `share` of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** `12.3`, `1,234`, `–` for what was not measured. */
export function figure(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The report as markdown. */
export function markdown({ method, head, rows }: Report): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), '', method].join('\n');
}
