/** What viewers in step share is what each would have got by itself. */
import fc from 'fast-check';
import t from 'tap';
import { Bundles, CATCH_UP_BYTES } from '../../../actors/viewers/bundles.ts';
import { Moments } from '../../../actors/viewers/moments.ts';
import type { Records } from '../../../actors/viewers/records.ts';
import { Encoded } from '../../../actors/wire/encoded.ts';

const run = { slug: 'talk', epoch: 1 };
const utterance = (id: string, language = 'en', text = `text of ${id}`) => {
  return { utteranceId: id, text, startMs: 0, endMs: 1, language };
};
const final = (offset: number, language?: string, text?: string): Encoded => {
  return new Encoded({ type: 'transcript_final', offset, ...utterance(`u${offset}`, language, text) }, run);
};
const partial = (id: string, language?: string): Encoded => {
  return new Encoded({ type: 'transcript_partial', ...utterance(id, language) }, run);
};

function session(records: readonly Encoded[]) {
  const shown: Records = {
    lastOffset: records.length,
    isSettled: true,
    read: (offset) => records[offset - 1],
    load: () => Promise.resolve(),
    settled: () => Promise.resolve(),
    bytesAfter: () => 0,
  };
  const moments = new Moments('state');
  return { moments, bundles: new Bundles(shown, moments) };
}

const all = { partials: true };

void t.test('viewers that are as far and want the same get the same bytes', (t) => {
  const { bundles, moments } = session([final(1), final(2)]);
  moments.set('p en', partial('p'));
  const first = bundles.of('v2', all, 0, 0);
  t.equal(bundles.of('v2', { ...all }, 0, 0), first);
  t.match(first, { toOffset: 2, toTurn: 1 });
  const frames = [final(1), final(2), partial('p')].map((message) => message.as('v2') ?? Buffer.alloc(0));
  t.ok(first?.bytes?.equals(Buffer.concat(frames)));
  t.not(bundles.of('v1', all, 0, 0), first);
  t.ok(bundles.of('v2', all, 2, 0)?.bytes?.equals(frames[2] ?? Buffer.alloc(0)), 'one that is further');
  t.equal(bundles.of('v2', all, 2, 1)?.bytes, undefined, 'one that has everything');
  t.end();
});

void t.test('a choice leaves out what was not wanted', (t) => {
  const { bundles, moments } = session([final(1, 'en'), final(2, 'fr')]);
  moments.set('p en', partial('p', 'en'));
  const textOf = (choice: { partials: boolean; language?: string }): string =>
    String(bundles.of('events', choice, 0, 0)?.bytes);
  t.notMatch(textOf({ partials: false }), /transcript_partial/);
  t.match(textOf({ partials: true }), /transcript_partial/);
  t.match(textOf({ partials: true, language: 'fr' }), /text of u2/);
  t.notMatch(textOf({ partials: true, language: 'fr' }), /text of (u1|p)/);
  t.end();
});

void t.test('something new makes new bundles', (t) => {
  const { bundles, moments } = session([]);
  moments.set('p en', partial('p'));
  const before = bundles.of('v2', all, 0, 0);
  moments.set('q en', partial('q'));
  bundles.clear();
  t.not(bundles.of('v2', all, 0, 0), before);
  t.match(bundles.of('v2', all, 0, 0), { toTurn: 2 });
  t.end();
});

void t.test('whoever lacks too much, or what is no longer in memory, is served by itself', (t) => {
  const long = 'x'.repeat(CATCH_UP_BYTES / 2);
  t.equal(session([final(1, 'en', long), final(2, 'en', long), final(3)]).bundles.of('v2', all, 0, 0), undefined);
  const gone = session([final(1)]);
  const bundles = new Bundles(
    {
      lastOffset: 9,
      isSettled: true,
      read: () => undefined,
      load: () => Promise.resolve(),
      settled: () => Promise.resolve(),
      bytesAfter: () => 0,
    },
    gone.moments,
  );
  t.equal(bundles.of('v2', all, 0, 0), undefined);
  t.end();
});

void t.test('however many stand at different places, each gets exactly what it lacks', (t) => {
  const records = Array.from({ length: 30 }, (_, index) => final(index + 1));
  const { bundles } = session(records);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 100 }), (offsets) =>
      offsets.every((offset) => {
        const wanted = records.slice(offset).map((record) => String(record.as('events')));
        return String(bundles.of('events', all, offset, 0)?.bytes ?? '') === wanted.join('');
      }),
    ),
  );
  t.end();
});
