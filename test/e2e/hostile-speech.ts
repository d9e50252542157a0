/**
 * An engine that speaks an attack: as text, speaker and language, through the server, in a real browser. Nothing of it
 * runs, makes an element or is refused by the policy only at the last moment; files of it hold no forged cue.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import type { Browser, Page } from 'playwright-core';
import { startGladia } from '../gladia-simulator/simulator.ts';
import type { GladiaSimulator } from '../gladia-simulator/simulator.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { findBrowser, launchBrowser, visit } from '../support/browser.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { collect } from '../support/transcript-collector.ts';
import { writeWavFile } from '../support/wav.ts';

t.setTimeout(180_000);

const texts = JSON.parse(
  readFileSync(new URL('../fixtures/fuzz/hostile-texts.json', import.meta.url), 'utf8'),
) as string[];
const STEP_SECONDS = 0.02;

/** One final of Gladia's that is hostile wherever it can be. */
function spoken(text: string, index: number): string {
  const start = 0.1 + index * STEP_SECONDS;
  const utterance = { text: `${index} ${text}`, start, end: start + STEP_SECONDS / 2, words: [], channel: 0 };
  const named = { ...utterance, speaker: text, language: index % 2 === 0 ? 'en' : text };
  return JSON.stringify({ type: 'transcript', data: { id: `h${index}`, is_final: true, utterance: named } });
}

interface Stage extends AsyncDisposable {
  server: TestServer;
  finals: { text?: string; speaker?: string }[];
}

/** A server whose session `talk` has said all of it. */
async function stage(gladia: GladiaSimulator): Promise<Stage> {
  const cloud = { GLADIA_API_KEY: gladia.options.key, GLADIA_URL: gladia.url, TRANSCRIBER_FALLBACK: 'none' };
  const server = await startServer(cloud);
  const wishes = { slug: 'talk', vocabulary: texts.filter((text) => text.length < 100), languages: ['en', 'fr'] };
  const headers = { 'content-type': 'application/json' };
  await fetch(server.httpUrl('/sessions'), { method: 'POST', headers, body: JSON.stringify(wishes) });
  const viewer = collect(server.watchUrl('talk', '?after=0'));
  const sound = await writeWavFile(Buffer.alloc(120 * 32_000));
  const publisher = await ffmpegAudio(sound.path, server.rtmpUrl('talk'));
  const session = server.server.registry.live('talk');
  await eventually('two seconds of sound', () => (session?.ledger().receivedMs ?? 0) > 2_500, 20_000);
  gladia.faults.messages.push(...texts.map(spoken));
  const isLast = ({ text }: { text?: string }): boolean => text?.startsWith(`${texts.length - 1} `) === true;
  await viewer.find((message) => message.type === 'transcript_final' && isLast(message));
  return {
    server,
    finals: viewer.messages.filter(({ type }) => type === 'transcript_final'),
    async [Symbol.asyncDispose]() {
      viewer[Symbol.dispose]();
      await publisher[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await sound[Symbol.asyncDispose]();
    },
  };
}

interface World {
  captiondRan?: number;
  document: { querySelectorAll(selector: string): { length: number }; body: { innerText: string } };
}

/** What of the attack has become more than text. */
const traces = () => {
  const { captiondRan, document } = globalThis as unknown as World;
  const made = '[data-hostile], script:not([src])';
  const attributes =
    '[onerror], [onload], [onmouseover], [ontoggle], a[href^="javascript"], meta[http-equiv="refresh"]';
  return { ran: captiondRan ?? 0, made: document.querySelectorAll(`${made}, ${attributes}`).length };
};

async function isHarmless(t: Test, page: Page, settled: () => Promise<unknown>): Promise<void> {
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await settled();
  t.strictSame(await page.evaluate(traces), { ran: 0, made: 0 }, 'nothing ran, nothing was made');
  t.strictSame(dialogs, []);
}

const gladia = await startGladia();
const staged = await stage(gladia);
t.teardown(async () => {
  await staged[Symbol.asyncDispose]();
  await gladia[Symbol.asyncDispose]();
});

const found = findBrowser();
const skip = 'missing' in found && found.missing;

async function openBrowser(t: Test): Promise<Browser> {
  if ('missing' in found) throw new Error(found.missing);
  const browser = await launchBrowser(found.path);
  t.teardown(() => browser.close());
  return browser;
}

void t.test('what an engine says is text on every page', { skip }, async (t) => {
  const browser = await openBrowser(t);
  const { server } = staged;
  const { host, port } = server.addresses.admin;
  const pages: [url: string, sign: string][] = [
    [server.httpUrl('/watch/talk'), `.line >> text="${texts.length - 1} ${texts.at(-1)}"`],
    [server.httpUrl('/overlay/talk?lines=4&after=0'), '#overlay'],
    [server.httpUrl('/'), '.session-name'],
    [`http://${host}:${port}/inspect`, 'text=talk'],
    [server.httpUrl('/watch/%3Cimg%20src=x%20onerror=alert(1)%3E'), 'body'],
  ];
  for (const [url, sign] of pages) {
    await using visitor = await visit(browser, url);
    await isHarmless(t, visitor.page, () => visitor.page.locator(sign).first().waitFor({ state: 'attached' }));
    const faults = visitor.faults.filter((fault) => !/status of 400/.test(fault));
    t.strictSame([faults, visitor.elsewhere], [[], []], `${url}: no policy had to refuse it, no other host was asked`);
  }
});

void t.test('what is spoken is shown as it is, and turns no text around it', { skip }, async (t) => {
  const browser = await openBrowser(t);
  await using visitor = await visit(browser, staged.server.httpUrl('/watch/talk'));
  const last = visitor.page.locator('.line', { hasText: `${texts.length - 1} xxx` });
  await last.waitFor();
  const shown = await visitor.page.locator('.line').allTextContents();
  t.strictSame(
    shown,
    staged.finals.map(({ text }) => text),
  );
  for (const part of ['.line', '.speaker']) {
    const isolated = await visitor.page.locator(part).evaluateAll((all) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle: (element: unknown) => { unicodeBidi: string };
      };
      return all.every((element) => getComputedStyle(element).unicodeBidi === 'isolate');
    });
    t.ok(isolated, `${part} is isolated from what stands beside it`);
  }
});

const timing = /^\d\d:\d\d:\d\d[.,]\d{3} --> \d\d:\d\d:\d\d[.,]\d{3}$/;

void t.test('files of it have a cue for each final and no forged one', async (t) => {
  for (const [format, type] of Object.entries({ vtt: 'text/vtt', srt: 'application/x-subrip', txt: 'text/plain' })) {
    const answer = await fetch(staged.server.httpUrl(`/sessions/talk/transcript.${format}`));
    t.match(answer.headers.get('content-type'), type);
    t.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    const file = await answer.text();
    const arrows = file.split(/\r\n|\n/).filter((line) => line.includes('-->'));
    if (format !== 'txt') {
      t.ok(arrows.length > 0 && arrows.every((line) => timing.test(line)), `${format}: arrows in timings alone`);
    }
    t.notMatch(file, /(?![\r\n])[\p{Cc}\u{202a}-\u{202e}\u{2066}-\u{2069}]/u, `${format}: no controls, no overrides`);
  }
  const json = (await (await fetch(staged.server.httpUrl('/sessions/talk/transcript.json'))).json()) as object;
  t.match(json, { slug: 'talk' });
});
