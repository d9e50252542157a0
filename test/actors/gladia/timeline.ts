/** Where what Gladia tells lies on the session's clock. */
import t from 'tap';
import { Timeline } from '../../../actors/gladia/timeline.ts';

/** One second, a gap of six, another second. */
function withGap(): Timeline {
  const timeline = new Timeline();
  timeline.audio(0, 16_000);
  timeline.audio(112_000, 16_000);
  return timeline;
}

void t.test('what was sent after a gap lies after it', (t) => {
  const timeline = withGap();
  t.equal(timeline.captured(15_999), 15_999);
  t.equal(timeline.captured(16_000), 112_000);
  t.equal(timeline.captured(20_000), 116_000);
  t.end();
});

void t.test('a word whose first step began just before a gap begins after it; one that was cut by it, before', (t) => {
  const timeline = withGap();
  t.equal(timeline.begun(15_840, 19_680), 112_000, 'half a step before');
  t.equal(timeline.begun(16_000, 19_680), 112_000);
  t.equal(timeline.begun(12_000, 19_680), 12_000, 'a quarter of a second before');
  t.equal(timeline.begun(15_840, 16_000), 15_840, 'it ends with the gap');
  t.end();
});

void t.test('audio that is sent again, and silence of our own, are no gap', (t) => {
  const timeline = new Timeline();
  timeline.audio(0, 16_000);
  timeline.cutAt(12_000);
  timeline.padding(8_000, 1_600);
  timeline.audio(8_000, 16_000);
  t.equal(timeline.begun(11_900, 15_000), 11_900);
  t.equal(timeline.begun(13_500, 15_000), 8_000);
  t.equal(timeline.begun(13_600, 15_000), 8_000);
  t.end();
});
