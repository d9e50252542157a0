import t from 'tap';
import type { Test } from 'tap';
import type { Page } from 'playwright-core';
import { inPage, topOf } from '../support/browser.ts';
import { scriptedPages } from '../support/scripted-pages.ts';

const { skip, sessions, open } = await scriptedPages(t);

const phone = { viewport: { width: 390, height: 844 } };

/** A test with the page of `slug` open, which must have had no fault and asked no other host when it is over. */
function testPage(title: string, slug: string, body: (t: Test, page: Page) => Promise<void>): void {
  void t.test(title, { skip }, async (t) => {
    await using visitor = await open(`/watch/${slug}`, phone);
    await body(t, visitor.page);
    t.strictSame([visitor.faults, visitor.elsewhere], [[], []], 'no fault in the page, no other host asked');
  });
}

const lines = (page: Page) => page.locator('.line').allTextContents();
const status = (page: Page) => page.locator('#status').textContent();

/** Waits until the page shows exactly these lines. */
async function showsLines(page: Page, expected: string[]): Promise<void> {
  await page.waitForFunction(inPage.hasLines, expected).catch(async () => {
    throw new Error(`wanted ${JSON.stringify(expected)}, the page shows ${JSON.stringify(await lines(page))}`);
  });
}

async function saysStatus(page: Page, words: string): Promise<void> {
  await page.locator('#status', { hasText: new RegExp(`^${words}$`) }).waitFor();
}

testPage('a page that was opened first waits for its session, then shows it', 'early', async (t, page) => {
  await saysStatus(page, 'Waiting for the publisher');
  const session = sessions.start('early');
  session.final('a', 'Here we are.');
  await saysStatus(page, 'Live');
  await showsLines(page, ['Here we are.']);
  t.equal(await page.title(), 'Live · early');
});

testPage('a partial is replaced in its place, and its final reads differently', 'partial', async (t, page) => {
  const session = sessions.start('partial');
  await saysStatus(page, 'Live');
  session.partial('a', 'ask not');
  await showsLines(page, ['ask not']);
  const line = page.locator('.line');
  const colour = () => line.evaluate(inPage.colourOf);
  const place = await topOf(line);
  const partialColour = await colour();
  session.partial('a', 'ask not what');
  await showsLines(page, ['ask not what']);
  session.final('a', 'Ask not what.');
  await showsLines(page, ['Ask not what.']);
  t.not(await colour(), partialColour);
  t.equal(await topOf(line), place, 'nothing jumped');
  t.equal(await line.getAttribute('lang'), 'en');
  t.equal(await page.locator('#announcer').innerText(), 'Ask not what.', 'finals are read out, partials are not');
});

testPage('a connection that is cut comes back by itself, with every line once', 'cut', async (_t, page) => {
  const session = sessions.start('cut');
  session.final('a', 'One.');
  session.partial('b', 'tw');
  await showsLines(page, ['One.', 'tw']);
  session.cut();
  await saysStatus(page, 'Reconnecting');
  session.final('b', 'Two.');
  session.final('c', 'Three.');
  session.mend();
  await saysStatus(page, 'Live');
  await showsLines(page, ['One.', 'Two.', 'Three.']);
  session.cut();
  session.final('d', 'Four.');
  session.mend();
  await showsLines(page, ['One.', 'Two.', 'Three.', 'Four.']);
});

testPage('markup in a caption is shown as the text that it is', 'markup', async (t, page) => {
  const session = sessions.start('markup');
  const text = '<script>document.title="owned"</script><img src=x onerror=alert(1)>';
  session.partial('a', text);
  await showsLines(page, [text]);
  session.final('a', text);
  await page.locator('.line:not([data-partial])').waitFor();
  t.equal(await page.locator('.captions script, .captions img, #announcer img').count(), 0);
  t.equal(await page.title(), 'Live · markup');
});

testPage('what was not transcribed is said', 'gap', async (t, page) => {
  const session = sessions.start('gap');
  session.final('a', 'Before.');
  session.channel.gap(2_500, 14_600, 'audio_lost');
  session.final('b', 'After.');
  await page.locator('.note', { hasText: '… 12 s not transcribed' }).waitFor();
  session.channel.setState('publisher_lost');
  await saysStatus(page, 'Publisher away');
  t.ok(true);
});

testPage('the end is shown, and a new run begins a section of its own', 'runs', async (t, page) => {
  const session = sessions.start('runs');
  session.final('a', 'First run.');
  await showsLines(page, ['First run.']);
  session.end();
  await page.locator('.note', { hasText: 'Ended after 1 min, 12 s of it not transcribed' }).waitFor();
  await saysStatus(page, 'Ended');
  const again = sessions.start('runs');
  again.final('a', 'Second run.');
  await showsLines(page, ['First run.', 'Second run.']);
  await saysStatus(page, 'Live');
  t.equal(await page.locator('.run').count(), 2);
  t.equal(await status(page), 'Live');
});
