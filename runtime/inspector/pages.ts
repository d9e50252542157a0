/** The inspector's page and what it loads, read once at the start: a fixed table, as for the other pages. */
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../http/answer.ts';
import { contentTypes, fixed, ifChanged } from '../http/fixed-answer.ts';

const WEB = new URL('../web/', import.meta.url);
const CHARTS = new URL('../../machines/charts/', import.meta.url);

const assets = [
  ...(['base.css', 'inspect.css', 'inspect-events.css', 'icon.svg', 'inspect.js'] as const),
  ...(['inspect-chart.js', 'inspect-hosted.js', 'inspect-model.js', 'inspect-replay.js', 'inspect-views.js'] as const),
  'own-token.js' as const,
];

/** Nothing from elsewhere; drawings are documents of their own. The window of the hosted inspector stays known. */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin-allow-popups',
};
/** A drawing has its colours inside. */
const chartHeaders = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
};

/** Undefined for an address that is none of the inspector's. */
export type InspectorPages = (path: string, headers: IncomingHttpHeaders) => Answer | undefined;

export async function loadInspectorPages(): Promise<InspectorPages> {
  const answers = new Map<string, Answer>();
  answers.set('/inspect', fixed(contentTypes.html, await readFile(new URL('inspect.html', WEB)), pageHeaders));
  for (const name of assets) {
    const type = contentTypes[name.split('.').at(-1) as 'css' | 'js' | 'svg'];
    answers.set(`/inspect/assets/${name}`, fixed(type, await readFile(new URL(name, WEB))));
  }
  for (const name of (await readdir(CHARTS)).filter((each) => each.endsWith('.svg'))) {
    answers.set(
      `/inspect/charts/${name}`,
      fixed(contentTypes.svg, await readFile(new URL(name, CHARTS)), chartHeaders),
    );
  }
  return (path, headers) => {
    const known = answers.get(path);
    return known && ifChanged(known, headers);
  };
}
