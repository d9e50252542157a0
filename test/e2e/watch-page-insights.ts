/** What a language model makes of a session, on the captions page: quiet, in its place, and text whatever it says. */
import t from 'tap';
import type { Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { inPage } from '../support/browser.ts';
import { scriptedPages } from '../support/scripted-pages.ts';

const { skip, sessions, server, open } = await scriptedPages(t);

const sizes = { phone: { viewport: { width: 390, height: 844 } }, desktop: { viewport: { width: 1280, height: 800 } } };

/** Delivers insights as the viewer that holds the lease. */
async function holder(slug: string) {
  const socket = new WebSocket(server.url(`/sessions/${slug}/live`).replace('http', 'ws'), 'captiond.v2');
  const held = Promise.withResolvers<number>();
  socket.on('open', () => socket.send('{"type":"ai_acquire"}'));
  socket.on('message', (text: Buffer) => {
    const { type, state, fence } = JSON.parse(text.toString()) as { type: string; state: string; fence: number };
    if (type === 'ai_lease' && state === 'held') held.resolve(fence);
  });
  const fence = await held.promise;
  return {
    deliver: (data: unknown) => socket.send(JSON.stringify({ type: 'ai_insight', fence, upToOffset: 0, data })),
    [Symbol.dispose]: () => socket.terminate(),
  };
}

const panel = (page: Page) => page.locator('#insights');
const insight = {
  summary: 'The board wants the bridge repaired before winter and argues about who pays.',
  topics: ['bridge', 'budget'],
  actions: ['Ana asks the county for a grant.', 'Tom gets a second offer.'],
};

for (const [size, settings] of Object.entries(sizes)) {
  void t.test(
    `${size}: the panel comes with the first insight, closed, and the newest stays in view`,
    { skip },
    async (t) => {
      const slug = `board-${size}`;
      const session = sessions.start(slug);
      await using visitor = await open(`/watch/${slug}`, settings);
      const { page } = visitor;
      for (let line = 0; line < 40; line += 1)
        session.final(`u${line}`, `This is sentence ${line} of the meeting of the board.`);
      await page.locator('.line', { hasText: 'sentence 39' }).waitFor();
      t.notOk(await panel(page).isVisible());
      using caller = await holder(slug);
      caller.deliver(insight);
      await panel(page).waitFor();
      t.notOk(await page.locator('#gist').isVisible(), 'it is closed');
      await page.waitForFunction(inPage.isAtEnd);
      await panel(page).locator('summary').click();
      t.equal(await page.locator('#gist').textContent(), insight.summary);
      t.strictSame(await page.locator('#topics li').allTextContents(), insight.topics);
      t.strictSame(await page.locator('#actions li').allTextContents(), insight.actions);
      await page.waitForFunction(inPage.isAtEnd);
      const [line, box] = [await page.locator('.line').last().boundingBox(), await panel(page).boundingBox()];
      t.ok((line?.y ?? 0) + (line?.height ?? 0) <= (box?.y ?? 0), 'the newest line stands above it');
      const shot = process.env['SHOTS'];
      if (shot !== undefined) await page.screenshot({ path: `${shot}/insights-${size}.png` });
      caller.deliver({ summary: 'It is decided.', topics: [], actions: [] });
      await page.locator('#gist', { hasText: 'It is decided.' }).waitFor();
      t.notOk(await page.locator('#actions-title').isVisible(), 'what is empty is not shown');
      t.strictSame([visitor.faults, visitor.elsewhere], [[], []], 'no fault in the page, no other host asked');
    },
  );
}

void t.test('whatever a model answers is text, and what makes no sense is not shown', { skip }, async (t) => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  sessions.start('evil');
  await using visitor = await open('/watch/evil', sizes.phone);
  const { page } = visitor;
  using caller = await holder('evil');
  caller.deliver({ summary: evil, topics: [evil, 7, null, { a: 1 }], actions: { length: 3 } });
  await panel(page).waitFor();
  t.equal(await page.locator('#gist').textContent(), evil);
  t.strictSame(await page.locator('#topics li').allTextContents(), [evil]);
  t.equal(await page.locator('.foot img, .foot script').count(), 0);
  t.equal(await page.title(), 'Live · evil');
  for (const data of [7, null, 'text', ['a'], { summary: 7, topics: 'x' }]) {
    caller.deliver({ summary: 'x' });
    await panel(page).waitFor();
    caller.deliver(data);
    await panel(page).waitFor({ state: 'hidden' });
  }
  t.strictSame(visitor.faults, []);
});

void t.test('another run begins without the insights of the last one', { skip }, async (t) => {
  const first = sessions.start('again');
  await using visitor = await open('/watch/again', sizes.phone);
  const { page } = visitor;
  {
    using caller = await holder('again');
    caller.deliver(insight);
    await panel(page).waitFor();
  }
  first.end();
  sessions.start('again').final('a', 'A new one.');
  await page.locator('.line', { hasText: 'A new one.' }).waitFor();
  t.notOk(await panel(page).isVisible());
});
