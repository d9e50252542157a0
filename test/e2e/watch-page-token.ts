/** The watch page where tokens are on: with one in its address it shows captions, without one it says what is needed. */
import t from 'tap';
import { createAccess } from '../../runtime/access/decide.ts';
import { Tokens } from '../../runtime/access/tokens.ts';
import { SECRET, tokenFor } from '../support/bad-tokens.ts';
import { inPage } from '../support/browser.ts';
import { scriptedPages } from '../support/scripted-pages.ts';

const access = createAccess({ tokens: new Tokens(SECRET), hook: undefined });
const { skip, sessions, open } = await scriptedPages(t, { access });
const phone = { viewport: { width: 390, height: 844 } };
/** On the page's clock. */
const HOUR_MS = 3_600_000;

void t.test('a page that was opened with a token shows captions', { skip }, async (t) => {
  const session = sessions.start('talk');
  session.final('a', 'For those who may watch.');
  const token = await tokenFor('talk', ['view']);
  await using visitor = await open(`/watch/talk?token=${token}`, phone);
  await visitor.page.waitForFunction(inPage.hasLines, ['For those who may watch.']);
  t.equal(await visitor.page.locator('#status-words').textContent(), 'Live');
  t.strictSame([visitor.faults, visitor.elsewhere], [[], []]);
});

const foreign = async (): Promise<string> => `?token=${await tokenFor('other', ['view'])}`;

async function expired(): Promise<string> {
  const anHourAgo = new Tokens(SECRET, () => Date.now() - HOUR_MS);
  return `?token=${(await anHourAgo.issue({ session: 'talk', scopes: ['view'], ttlS: 60 })).token}`;
}

const refusals: [what: string, query: () => Promise<string>, words: string, headline: string][] = [
  ['without a token', () => Promise.resolve(''), 'Token needed', 'A token is needed to watch this session'],
  ['with a token that has expired', expired, 'Link expired', 'This link has expired'],
  ['with a token for another session', foreign, 'Not allowed', 'This session cannot be watched from here'],
];

for (const [what, query, words, headline] of refusals) {
  void t.test(`a page that was opened ${what} says so, and does not try again`, { skip }, async (t) => {
    await using visitor = await open('/healthz', phone);
    const { page } = visitor;
    let attempts = 0;
    page.on('websocket', () => (attempts += 1));
    await page.clock.install();
    await page.goto(new URL(`/watch/talk${await query()}`, page.url()).href);
    await page.locator('#status-words', { hasText: new RegExp(`^${words}$`) }).waitFor();
    t.equal(await page.locator('#empty-words').innerText(), headline);
    t.not(await page.locator('#empty-more').innerText(), '', 'and what to do');
    t.equal(await page.locator('.line').count(), 0);
    await page.clock.runFor(HOUR_MS);
    await page.evaluate('window.dispatchEvent(new Event("online"))');
    t.equal(attempts, 1);
  });
}
