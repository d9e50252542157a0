/** The overlay in a browser: over a picture, with its options, through a cut. */
import t from 'tap';
import type { Test } from 'tap';
import type { Page } from 'playwright-core';
import { inPage } from '../support/browser.ts';
import { scriptedPages } from '../support/scripted-pages.ts';

const { skip, sessions, server, open } = await scriptedPages(t);

const picture = { viewport: { width: 1280, height: 720 } };

function testOverlay(title: string, address: string, body: (t: Test, page: Page) => Promise<void>): void {
  void t.test(title, { skip }, async (t) => {
    await using visitor = await open(`/overlay/${address}`, picture);
    await body(t, visitor.page);
    t.strictSame([visitor.faults, visitor.elsewhere], [[], []], 'no fault in the page, no other host asked');
  });
}

/** Waits until the rows have these texts. */
async function shows(page: Page, rows: string[][]): Promise<void> {
  const done = await page.waitForFunction(hasRows, rows).catch(() => undefined);
  if (done === undefined) throw new Error(`wanted ${JSON.stringify(rows)}: ${await page.locator('body').innerText()}`);
}

interface World {
  document: { querySelectorAll(selector: string): Iterable<{ children: Iterable<{ textContent: string }> }> };
}

function hasRows(wanted: string[][]): boolean {
  const { document } = globalThis as unknown as World;
  const rows = [...document.querySelectorAll('.row')].map(({ children }) =>
    [...children].map(({ textContent }) => textContent),
  );
  return JSON.stringify(rows) === JSON.stringify(wanted);
}

/** Waits until the overlay has its session; what came before is not shown. */
async function attached(t: Test, page: Page, slug: string) {
  const session = sessions.start(slug);
  session.final('before', 'Before.');
  let ticks = 0;
  const tick = setInterval(() => session.partial('tick', `tick ${(ticks += 1)}`), 100);
  t.teardown(() => clearInterval(tick));
  await page.locator('.utterance', { hasText: 'tick' }).waitFor();
  clearInterval(tick);
  session.partial('tick', '');
  await shows(page, [[]]);
  return session;
}

testOverlay('lines come and go over a picture that stays visible', 'lines', async (t, page) => {
  const session = await attached(t, page, 'lines');
  session.partial('a', 'ask not');
  await shows(page, [['ask not']]);
  session.final('a', 'Ask not what.');
  session.partial('b', 'your country');
  await shows(page, [['Ask not what.', 'your country']]);
  t.equal(await page.evaluate(inPage.ground), 'rgba(0, 0, 0, 0)', 'what lies behind can be seen');
  const box = await page.locator('.row').boundingBox();
  t.ok(box !== null && box.x >= 64 && box.y + box.height <= 720 - 36, 'within the part that every screen shows');
  await shows(page, [[]]);
  t.pass('after a silence the picture is free');
});

testOverlay('a cut connection comes back, and what was missed is shown', 'cut', async (t, page) => {
  const session = await attached(t, page, 'cut');
  session.final('a', 'One.');
  await shows(page, [['One.']]);
  session.cut();
  session.final('b', 'Two.');
  session.mend();
  await shows(page, [['One.', 'Two.']]);
});

testOverlay(
  'size, lines, alignment and colour are as asked',
  'look?size=80&lines=3&align=right&color=ffcc00',
  async (t, page) => {
    const session = await attached(t, page, 'look');
    session.final('a', 'Here.');
    await shows(page, [['Here.']]);
    const look = await page.locator('.row').evaluate((row: unknown) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle: (element: unknown) => Record<string, string>;
      };
      const { fontSize, textAlign, color, height } = getComputedStyle(row);
      return { fontSize, textAlign, color, height: Math.round(Number.parseFloat(height ?? '')) };
    });
    t.strictSame(look, { fontSize: '80px', textAlign: 'right', color: 'rgb(255, 204, 0)', height: 307 });
  },
);

testOverlay('two languages stand one above the other', 'two?language=en,fr', async (t, page) => {
  const session = sessions.start('two');
  const heard = { engineSession: 'script', channel: 0, startMs: 0, endMs: 1_000 };
  let count = 0;
  const speak = setInterval(() => {
    count += 1;
    const utterance = `u${count}`;
    session.channel.sink.final({ ...heard, utterance, language: 'en', text: 'One.' });
    session.channel.sink.final({ ...heard, utterance, language: 'fr', text: 'Un.' });
    session.channel.sink.final({ ...heard, utterance, language: 'de', text: 'Eins.' });
  }, 200);
  t.teardown(() => clearInterval(speak));
  await page.locator('.row:nth-child(1) .utterance[lang=en]').first().waitFor();
  await page.locator('.row:nth-child(2) .utterance[lang=fr]').first().waitFor();
  clearInterval(speak);
  t.equal(await page.locator('.utterance[lang=de]').count(), 0);
});

testOverlay('one language alone is asked of the server alone', 'one?language=fr', async (t, page) => {
  const session = sessions.start('one');
  const heard = { engineSession: 'script', channel: 0, startMs: 0, endMs: 1_000 };
  let count = 0;
  const speak = setInterval(() => {
    count += 1;
    session.channel.sink.final({ ...heard, utterance: `u${count}`, language: 'en', text: 'One.' });
    session.channel.sink.final({ ...heard, utterance: `u${count}`, language: 'fr', text: 'Un.' });
  }, 200);
  t.teardown(() => clearInterval(speak));
  await page.locator('.utterance[lang=fr]').first().waitFor();
  t.equal(await page.locator('.utterance[lang=en]').count(), 0);
});

testOverlay('with a delay words are shown that much later, in their order', 'late?delayMs=1500', async (t, page) => {
  const session = await attached(t, page, 'late');
  const saidAtMs = performance.now();
  session.partial('a', 'one');
  session.final('a', 'One.');
  session.final('b', 'Two.');
  await shows(page, [['One.', 'Two.']]);
  t.ok(performance.now() - saidAtMs >= 1_500);
});

testOverlay('markup in a caption is shown as the text that it is', 'markup', async (t, page) => {
  const session = await attached(t, page, 'markup');
  const text = '<img src=x onerror=alert(1)>';
  session.final('a', text);
  await shows(page, [[text]]);
  t.equal(await page.locator('#overlay img').count(), 0);
});

void t.test('an option that makes no sense is told to whoever sets the overlay up', async (t) => {
  const answer = await fetch(server.url('/overlay/talk?size=7'));
  t.equal(answer.status, 400);
  t.match(await answer.json(), { error: { code: 'bad_request', message: /size must be a whole number of pixels/ } });
  const page = await fetch(server.url('/overlay/talk?color=mauve'), { headers: { accept: 'text/html' } });
  t.equal(page.status, 400);
  t.match(await page.text(), /color must be hexadecimal/);
});
