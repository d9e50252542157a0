/** A headless Chromium for tests of pages, where the machine has one. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** How long the page may take to show what a test waits for. */
export const PAGE_WAIT_MS = 15_000;

/** CHROMIUM_PATH, or the first known browser on PATH; a sentence when there is none. */
export function findBrowser(): { path: string } | { missing: string } {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const given = process.env['CHROMIUM_PATH'];
  const candidates =
    given === undefined ? folders.flatMap((folder) => NAMES.map((name) => join(folder, name))) : [given];
  const path = candidates.find(isExecutable);
  if (path !== undefined) return { path };
  return {
    missing: `no browser: install chromium or set CHROMIUM_PATH (looked at ${given ?? `PATH for ${NAMES[0]}`})`,
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Headless; without its sandbox, which needs rights that containers do not give. */
export function launchBrowser(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page of a fresh visitor. */
export interface Visit extends AsyncDisposable {
  page: Page;
  /** Everything that went wrong in the page: exceptions, refused scripts and styles, failed loads. */
  faults: string[];
  /** Addresses that were asked for and are not of the server's own host. */
  elsewhere: string[];
}

/** Opens `url` as a visitor with these settings. */
export async function visit(browser: Browser, url: string, settings: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(settings);
  context.setDefaultTimeout(PAGE_WAIT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  const elsewhere: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().startsWith('WebSocket connection to')) faults.push(line.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host) elsewhere.push(request.url());
  });
  await page.goto(url);
  return { page, faults, elsewhere, [Symbol.asyncDispose]: () => context.close() };
}

interface PageElement {
  scrollWidth: number;
  clientWidth: number;
  scrollHeight: number;
  clientHeight: number;
  value?: string;
  max?: string;
}

/** What the functions below use of a page: tests are type-checked without the DOM. */
interface PageWorld {
  document: {
    documentElement: { scrollHeight: number };
    querySelectorAll(selector: string): Iterable<{ textContent: string }>;
    querySelector(selector: string): PageElement | null;
  };
  innerHeight: number;
  scrollY: number;
  getComputedStyle: (element: unknown) => { color: string; backgroundColor: string; fontSize: string };
}

/** Functions that run in the page's own world; each stands alone. */
export const inPage = {
  /** Is the end of the document in view? */
  isAtEnd: () => {
    const { document, innerHeight, scrollY } = globalThis as unknown as PageWorld;
    return document.documentElement.scrollHeight - innerHeight - scrollY < 2;
  },
  /** Are these the lines that are shown? */
  hasLines: (wanted: string[]) => {
    const { document } = globalThis as unknown as PageWorld;
    const lines = [...document.querySelectorAll('.line')].map((line) => line.textContent);
    return JSON.stringify(lines) === JSON.stringify(wanted);
  },
  /** Is all of this element in view, without scrolling it? */
  isWhole: (selector: string) => {
    const place = (globalThis as unknown as PageWorld).document.querySelector(selector);
    return place !== null && place.scrollWidth <= place.clientWidth && place.scrollHeight <= place.clientHeight;
  },
  /** Is this slider at its end? */
  isSlidToEnd: (selector: string) => {
    const slider = (globalThis as unknown as PageWorld).document.querySelector(selector);
    return slider !== null && slider.value === slider.max;
  },
  ground: () => {
    const { document, getComputedStyle } = globalThis as unknown as PageWorld;
    return getComputedStyle(document.documentElement).backgroundColor;
  },
  colourOf: (element: unknown) => (globalThis as unknown as PageWorld).getComputedStyle(element).color,
  textSizeOf: (element: unknown) =>
    Number.parseFloat((globalThis as unknown as PageWorld).getComputedStyle(element).fontSize),
};

/** Distance of an element's top from the top of the window, in CSS pixels. */
export async function topOf(element: Locator): Promise<number | undefined> {
  return (await element.boundingBox())?.y;
}
