/** What is true now, as viewers that come and go and lag are told it. */
import t from 'tap';
import { Moments } from '../../../actors/viewers/moments.ts';
import { Encoded } from '../../../actors/wire/encoded.ts';

const run = { slug: 'talk', epoch: 7 };

const said = (utteranceId: string, text: string): Encoded =>
  new Encoded({ type: 'transcript_partial', utteranceId, text, startMs: 0, endMs: 1, language: 'en' }, run);

const texts = (moments: Moments, turn: number): string[] =>
  [...moments.since(turn)].map(({ message }) => (JSON.parse(message.json) as { text: string }).text);

void t.test('what was replaced is not told; the rest comes in the order of its last change', (t) => {
  const moments = new Moments('state');
  moments.set('a', said('a', 'a1'));
  moments.set('b', said('b', 'b1'));
  moments.set('a', said('a', 'a2'));
  t.strictSame(texts(moments, 0), ['b1', 'a2']);
  t.end();
});

void t.test('who has had a turn is told only what changed after it', (t) => {
  const moments = new Moments('state');
  moments.set('a', said('a', 'a1'));
  const { turn } = moments;
  t.strictSame(texts(moments, turn), []);
  moments.set('b', said('b', 'b1'));
  t.strictSame(texts(moments, turn), ['b1']);
  t.end();
});

void t.test('what has become a record is told no more', (t) => {
  const moments = new Moments('state');
  moments.set('a', said('a', 'a1'));
  moments.set('b', said('b', 'b1'));
  moments.delete('a');
  t.strictSame(texts(moments, 0), ['b1']);
  t.end();
});

void t.test('of more open utterances than are kept, the one that changed longest ago goes', (t) => {
  const moments = new Moments('state');
  for (let at = 0; at < 256; at += 1) moments.set(String(at), said(String(at), `said ${at}`));
  moments.set('0', said('0', 'said 0 on'));
  t.equal(texts(moments, 0).length, 256);
  moments.set('new', said('new', 'said new'));
  const kept = texts(moments, 0);
  t.equal(kept.length, 256);
  t.notOk(kept.includes('said 1'));
  t.ok(kept.includes('said 0 on'));
  t.end();
});
