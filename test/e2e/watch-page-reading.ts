import t from 'tap';
import type { Page } from 'playwright-core';
import { inPage, topOf } from '../support/browser.ts';
import { scriptedPages } from '../support/scripted-pages.ts';
import type { ScriptedSession } from '../support/scripted-sessions.ts';

const { skip, sessions, open: openPage } = await scriptedPages(t);

const phone = { viewport: { width: 390, height: 844 } };
const open = (path: string, settings = {}) => openPage(path, { ...phone, ...settings });

function say(session: ScriptedSession, from: number, to: number): void {
  for (let n = from; n <= to; n += 1) session.final(`u${n}`, `This is what was said in sentence number ${n}.`);
}

const sentence = (page: Page, n: number) => page.locator('.line', { hasText: new RegExp(`number ${n}\\.$`) });

void t.test('the newest line stays in view', { skip }, async (t) => {
  const session = sessions.start('follow');
  await using visitor = await open('/watch/follow');
  say(session, 1, 60);
  await sentence(visitor.page, 60).waitFor();
  await visitor.page.waitForFunction(inPage.isAtEnd);
  const box = await sentence(visitor.page, 60).boundingBox();
  t.ok(box !== null && box.y + box.height < phone.viewport.height);
  t.notOk(await visitor.page.locator('#newest').isVisible());
});

void t.test('a reader who has scrolled back keeps the place, and a button leads to the newest', { skip }, async (t) => {
  const session = sessions.start('back');
  await using visitor = await open('/watch/back');
  const { page } = visitor;
  say(session, 1, 60);
  await sentence(page, 60).waitFor();
  await page.mouse.wheel(0, -900);
  await page.locator('#newest').waitFor();
  const placeOf = () => topOf(sentence(page, 45));
  const before = await placeOf();
  say(session, 61, 90);
  await sentence(page, 90).waitFor();
  t.equal(await placeOf(), before);
  await page.locator('#newest').click();
  await page.locator('#newest').waitFor({ state: 'hidden' });
  t.equal(await page.evaluate(inPage.isAtEnd), true);
  say(session, 91, 92);
  await sentence(page, 92).waitFor();
  await page.waitForFunction(inPage.isAtEnd);
});

void t.test('a whole day of captions leaves a bounded page that still shows the newest', { skip }, async (t) => {
  const session = sessions.start('day');
  say(session, 1, 4_000);
  await using visitor = await open('/watch/day');
  const { page } = visitor;
  await sentence(page, 4_000).waitFor();
  const count = await page.locator('.line').count();
  t.ok(count <= 1_500 && count > 1_400, `${count} lines`);
  t.ok((await page.locator('#announcer > p').count()) === 0, 'history is not read out');
  say(session, 4_001, 4_010);
  await sentence(page, 4_010).waitFor();
  t.ok((await page.locator('#announcer > p').count()) <= 4);
});

void t.test('dark and light follow the system, text size follows the reader', { skip }, async (t) => {
  const session = sessions.start('look');
  session.final('a', 'Look.');
  const ground = (page: Page) => page.evaluate(inPage.ground);
  await using light = await open('/watch/look', { colorScheme: 'light' });
  await using dark = await open('/watch/look', { colorScheme: 'dark' });
  t.equal(await ground(light.page), 'rgb(251, 250, 247)');
  t.equal(await ground(dark.page), 'rgb(20, 21, 23)');
  const line = light.page.locator('.line');
  const size = () => line.evaluate(inPage.textSizeOf);
  const before = await size();
  await light.page.locator('#larger').click();
  const larger = await size();
  t.ok(larger > before);
  await light.page.reload();
  t.equal(await size(), larger, 'it is kept for the next visit');
});

void t.test('the home page lists sessions as they come and go, without a fault', { skip }, async (t) => {
  await using visitor = await open('/');
  const { page } = visitor;
  const session = sessions.start('assembly');
  const row = page.locator('#sessions li', { hasText: 'assembly' });
  await row.locator('.status', { hasText: 'Live' }).waitFor();
  session.end();
  await row.locator('.status', { hasText: 'Ended' }).waitFor();
  await page.locator('#name').fill('my-talk');
  t.match(await page.locator('#from-file').textContent(), /rtmp:\/\/127\.0\.0\.1:1935\/live\/my-talk/);
  t.equal(await row.locator('a').getAttribute('href'), '/watch/assembly');
  t.strictSame([visitor.faults, visitor.elsewhere], [[], []]);
});
