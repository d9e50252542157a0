/** Metrics of a running captiond, as Prometheus sees them. */

/** All of them, from `http://HOST:PORT/metrics`. */
export async function scrape(address: string): Promise<string> {
  return (await fetch(address)).text();
}

/** Value of one series, by all of its text before the value; undefined when there is none. */
export function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
