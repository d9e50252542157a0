/** The inspector: the official protocol at `/inspect/live`, and the page that shows it, on a running server. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createWebSocketReceiver } from '@statelyai/inspect';
import type { Page } from 'playwright-core';
import t from 'tap';
import { WebSocket } from 'ws';
import { INSPECT_CLIENTS_MAX } from '../../runtime/inspector/live.ts';
import { startServer } from '../harness.ts';
import type { TestServer } from '../harness.ts';
import { findBrowser, inPage, launchBrowser, visit } from '../support/browser.ts';
import { eventually } from '../support/processes.ts';
import { ffmpegAudio } from '../support/publishers.ts';
import { clips } from '../support/speech.ts';
import { collect } from '../support/transcript-collector.ts';

t.setTimeout(300_000);
const speech = clips[0]?.path ?? '';

const adminUrl = ({ addresses: { admin } }: TestServer, path: string, scheme = 'ws'): string =>
  `${scheme}://${admin.host}:${admin.port}${path}`;

/** A server with one session that has been heard of. */
async function spoken() {
  const server = await startServer();
  const viewer = collect(server.watchUrl('talk', '?after=0'));
  const publisher = await ffmpegAudio(speech, server.rtmpUrl('talk'));
  await viewer.find(({ type }) => type === 'transcript_partial');
  return { server, viewer, publisher };
}

interface Told {
  type: string;
  name?: string;
  sessionId: string;
  snapshot?: { status?: string };
  event?: { type: string };
}

void t.test('the official receiver sees actors, events and snapshots of a session until its end', async (t) => {
  const { server, viewer, publisher } = await spoken();
  await using _ = server;
  const told: Told[] = [];
  const receiver = createWebSocketReceiver({ server: adminUrl(server, '/inspect/live?session=talk') });
  receiver.subscribe((frame) => told.push(frame));
  await eventually('the actors', () => told.some(({ name }) => name === 'session'));
  const names = new Set(told.flatMap(({ type, name }) => (type === '@xstate.actor' ? [name] : [])));
  for (const name of ['session', 'decoder', 'child', 'viewers', 'transcriber']) t.ok(names.has(name), name);
  void server.server.registry.live('talk')?.stop('stopped');
  await viewer.closed;
  await publisher.exited;
  await eventually('the end', () => told.some(({ snapshot }) => snapshot?.status === 'done'));
  const types = new Set(told.flatMap(({ event }) => (event === undefined ? [] : [event.type])));
  for (const type of ['session.stop', 'viewers.end', 'process.exited']) t.ok(types.has(type), type);
});

void t.test('who may watch, what, and how many', async (t) => {
  const { server, publisher } = await spoken();
  await using _ = server;
  const refused = async (path: string, headers = {}): Promise<number> => {
    const socket = new WebSocket(adminUrl(server, path), { headers });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    socket.terminate();
    return response.statusCode;
  };
  t.equal(await refused('/inspect/live?session=nobody'), 404);
  t.equal(await refused('/inspect/other'), 404);
  t.equal(await refused('/inspect/live', { origin: 'https://elsewhere.example' }), 403);
  t.equal(await refused('/inspect/live', { host: 'elsewhere.example' }), 421);
  const lists = Array.from(
    { length: INSPECT_CLIENTS_MAX },
    () => new WebSocket(adminUrl(server, '/inspect/live?session=*')),
  );
  const lines = await Promise.all(lists.map(async (socket) => String((await once(socket, 'message'))[0])));
  t.match(JSON.parse(lines[0] ?? ''), { type: 'sessions', sessions: [{ slug: 'talk', state: 'live', viewers: 1 }] });
  t.equal(await refused('/inspect/live?session=talk'), 503);
  for (const socket of lists) socket.terminate();
  await publisher[Symbol.asyncDispose]();
});

/** Pauses while the session is stopped, steps once, goes on, and filters what happened. */
async function pauseAndStep(page: Page, server: TestServer): Promise<void> {
  await page.locator('#pause').click();
  void server.server.registry.live('talk')?.stop('stopped');
  await page.locator('#step', { hasText: /Step \(\d+\)/ }).waitFor();
  await page.locator('#step').click();
  await page.locator('#log li').first().waitFor();
  await page.locator('#pause').click();
  await page.locator('#log .what', { hasText: 'session.stop' }).first().waitFor();
  await page.locator('#filter').fill('process.');
  await page.locator('#log .what', { hasText: 'process.exited' }).first().waitFor();
  await page.locator('#log .what', { hasText: 'session.stop' }).waitFor({ state: 'detached' });
}

/** The whole chart stands in its place, without a need to scroll. */
async function showWhole(page: Page): Promise<void> {
  await page.locator('#fit[aria-pressed="false"]').click();
  await page.waitForFunction(inPage.isWhole, '#chart');
}

/** Goes back to the first frame of the recording, on by one, and plays the rest. */
async function replay(page: Page): Promise<void> {
  await page.locator('#place').fill('0');
  await page.locator('#place-words', { hasText: /^0 of \d+$/ }).waitFor();
  t.equal(await page.locator('.tree li').count(), 0, 'nobody was there yet');
  await page.locator('#step').click();
  await page.locator('#place-words', { hasText: /^1 of \d+ · [\d:.]+$/ }).waitFor();
  await page.locator('.tree .actor-name', { hasText: /^session$/ }).waitFor();
  await page.locator('#play').click();
  await page.waitForFunction(inPage.isSlidToEnd, '#place');
}

/** Saves a recording and opens it again; returns its text. */
async function saveAndOpen(page: Page): Promise<string> {
  const download = page.waitForEvent('download');
  await page.locator('#save').click();
  const buffer = await readFile(await (await download).path());
  await page.locator('#open').setInputFiles({ name: 'recording.jsonl', mimeType: 'text/plain', buffer });
  await page.locator('#status', { hasText: /Recording: recording\.jsonl, \d+ frames/ }).waitFor();
  await page.locator('.tree .actor-name', { hasText: /^session$/ }).waitFor();
  return buffer.toString();
}

const found = findBrowser();

void t.test(
  'the page shows the machines as they run, and again from a recording',
  { skip: 'missing' in found && found.missing },
  async (t) => {
    if ('missing' in found) return;
    const { server, publisher } = await spoken();
    await using _ = server;
    const browser = await launchBrowser(found.path);
    t.teardown(() => browser.close());
    await using visitor = await visit(browser, adminUrl(server, '/inspect', 'http'), {
      viewport: { width: 1500, height: 950 },
    });
    const { page } = visitor;
    await page.locator('#status', { hasText: 'Live: talk' }).waitFor();
    await page.locator('.tree .actor-name', { hasText: /^session$/ }).waitFor();
    const chart = page.frameLocator('#chart iframe');
    await chart.locator('.lit[data-state="session.active.phase.running"]').waitFor();
    t.equal(await chart.locator('.lit[data-state="session.active.phase.finalizing"]').count(), 0);
    await page.locator('.tree .actor-name', { hasText: /^decoder$/ }).click();
    await chart.locator('.lit[data-state="process.up"]').waitFor();
    await page.locator('#context details', { hasText: 'endTimeoutMs' }).waitFor();
    await showWhole(page);
    if (process.env['SCREENSHOT'] !== undefined) await page.screenshot({ path: process.env['SCREENSHOT'] });
    await pauseAndStep(page, server);
    t.ok((await page.locator('#sequence .message').count()) > 0);
    t.match(await saveAndOpen(page), /"@xstate\.actor"/);
    await replay(page);
    if (process.env['SCREENSHOT'] !== undefined)
      await page.screenshot({ path: `${process.env['SCREENSHOT']}.replay.png` });
    t.strictSame([visitor.faults, visitor.elsewhere], [[], []], 'no fault in the page, no other host asked');
    await publisher[Symbol.asyncDispose]();
  },
);
