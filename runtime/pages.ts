/**
 * The pages and what they load, read once at the start: a fixed table, so that no address ever becomes a file name.
 *
 * Everything is sent as it stands in `runtime/web` and `runtime/client`, but for the marks `{{…}}` of two templates.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Answer } from './http/answer.ts';
import { contentTypes, fixed, ifChanged } from './http/fixed-answer.ts';

const { html: HTML, css: CSS, js: SCRIPT, svg: SVG } = contentTypes;

/** What may be loaded below `/assets/`, by its place below this folder. */
const assetTypes = {
  'web/base.css': CSS,
  'web/home.css': CSS,
  'web/watch.css': CSS,
  'web/insight-panel.css': CSS,
  'web/overlay.css': CSS,
  'web/icon.svg': SVG,
  'web/home.js': SCRIPT,
  'web/session-list.js': SCRIPT,
  'web/watch.js': SCRIPT,
  'web/insight-panel.js': SCRIPT,
  'web/captions.js': SCRIPT,
  'web/overlay.js': SCRIPT,
  'web/overlay-lines.js': SCRIPT,
  'web/overlay-options.js': SCRIPT,
  'web/own-token.js': SCRIPT,
  'web/passages.js': SCRIPT,
  'web/reading-place.js': SCRIPT,
  'web/status.js': SCRIPT,
  'web/text-size.js': SCRIPT,
  'client/viewer.js': SCRIPT,
  'client/ai-caller.js': SCRIPT,
  'client/cursor.js': SCRIPT,
  'client/messages.js': SCRIPT,
  'client/retry.js': SCRIPT,
} as const;

export interface PagesOptions {
  /** Where publishers connect; undefined until the listener is there. */
  publishAddress: () => { host: string; port: number } | undefined;
  /** Do publishers connect over TLS? */
  isSecure: boolean;
  /** Sites that may show captions inside their own pages. */
  allowedOrigins: readonly string[];
}

/** The answers that are pages. */
export interface Pages {
  home(headers: IncomingHttpHeaders): Answer;
  watch(headers: IncomingHttpHeaders): Answer;
  /** For an address whose options are good. */
  overlay(headers: IncomingHttpHeaders): Answer;
  /** Undefined when the table has no such asset. */
  asset(name: string, headers: IncomingHttpHeaders): Answer | undefined;
  /** `answer` itself, or the same as a page when it is an error and the client is a browser that shows it. */
  shown(answer: Answer, headers: IncomingHttpHeaders): Answer;
}

export async function loadPages(options: PagesOptions): Promise<Pages> {
  const [home, watch, overlay, failure] = await Promise.all([
    read('web/home.html'),
    read('web/watch.html'),
    read('web/overlay.html'),
    read('web/error.html'),
  ]);
  const loaded = Object.entries(assetTypes).map(async ([name, type]) => [name, fixed(type, await read(name))] as const);
  const assets = new Map(await Promise.all(loaded));
  const framed = pageHeaders(["'self'", ...options.allowedOrigins]);
  const watchPage = fixed(HTML, watch, framed);
  const overlayPage = fixed(HTML, overlay, framed);
  return {
    home: (headers) => renderHome(String(home), options, headers),
    watch: (headers) => ifChanged(watchPage, headers),
    overlay: (headers) => ifChanged(overlayPage, headers),
    asset: (name, headers) => {
      const known = assets.get(name);
      return known && ifChanged(known, headers);
    },
    shown: (answer, headers) => {
      const wantsPage = headers.accept?.includes('text/html') ?? false;
      return answer.error !== undefined && wantsPage ? renderError(String(failure), answer) : answer;
    },
  };
}

function read(name: string): Promise<Buffer> {
  return readFile(new URL(name, import.meta.url));
}

/** Nothing from elsewhere, no inline script or style, no markup made by scripts. */
function pageHeaders(frameAncestors: readonly string[]): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors.join(' ')}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return { 'content-security-policy': policy.join('; '), 'cross-origin-opener-policy': 'same-origin' };
}

// ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_mark, name: string) => escapeHtml(values[name] ?? ''));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const UNSPECIFIED = new Set(['0.0.0.0', '::']);

function renderHome(template: string, options: PagesOptions, headers: IncomingHttpHeaders): Answer {
  const publish = options.publishAddress();
  const scheme = options.isSecure ? 'rtmps' : 'rtmp';
  const { host } = headers;
  const isEverywhere = publish !== undefined && UNSPECIFIED.has(publish.host);
  const name = isEverywhere ? URL.parse(`http://${host}`)?.hostname : publish?.host;
  const server = publish === undefined ? '' : `${scheme}://${bracketed(name ?? publish.host)}:${publish.port}/live`;
  const body = fill(template, { server, phase: publish === undefined ? 'starting' : 'started' });
  const refresh: Record<string, string> = publish === undefined ? { refresh: '1' } : {};
  return page(200, body, refresh);
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function renderError(template: string, { status, headers, error }: Answer): Answer {
  const body = fill(template, {
    title: STATUS_CODES[status] ?? 'Error',
    message: error?.message ?? '',
    code: error?.code ?? '',
  });
  const kept = Object.entries(headers).filter(([name]) => name !== 'content-type');
  return page(status, body, Object.fromEntries(kept));
}

function page(status: number, body: string, headers: Record<string, string>): Answer {
  const own = { 'content-type': HTML, 'cache-control': 'no-store', ...pageHeaders(["'none'"]) };
  return { status, headers: { ...own, ...headers }, body };
}
