/** What a publisher's URL becomes: `rtmp://host/live/slug?token=t` arrives as an application and a stream name. */

/** Application, name, token and queries of a publish request. */
export interface StreamName {
  app: string;
  name: string;
  token: string | undefined;
  query: string;
}

/**
 * Takes apart what `connect` and `publish` said. Encoders put the query where the user typed it: behind the name
 * (ffmpeg, OBS's stream key), or behind the application (OBS's server field); the name's token wins. Nothing is
 * percent-decoded outside the queries and nothing is judged.
 */
export function parseStreamName(rawApp: string, rawName: string): StreamName {
  const app = splitQuery(rawApp);
  const name = splitQuery(rawName);
  return {
    app: app.path.endsWith('/') ? app.path.slice(0, -1) : app.path,
    name: name.path,
    token: tokenOf(name.query) ?? tokenOf(app.query),
    query: [name.query, app.query].filter((query) => query !== '').join('&'),
  };
}

function splitQuery(text: string): { path: string; query: string } {
  const mark = text.indexOf('?');
  return mark < 0 ? { path: text, query: '' } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

function tokenOf(query: string): string | undefined {
  return new URLSearchParams(query).get('token') ?? undefined;
}
