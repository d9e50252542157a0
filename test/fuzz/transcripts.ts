/**
 * Names and texts changed at random, written as SubRip, WebVTT and plain text: strict parsers read the same words, in
 * cues of the right shape, and none that nobody said.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { plainText } from '../../actors/exports/plain-text.ts';
import { toTxt } from '../../actors/exports/txt.ts';
import { changeJson } from '../support/fuzz/mutate-text.ts';
import { runFuzz } from '../support/fuzz/run-fuzz.ts';
import type { Ending } from '../support/fuzz/run-fuzz.ts';
import { hostileRun, readsBack } from '../support/read-subtitles.ts';

const texts = JSON.parse(
  readFileSync(new URL('../fixtures/fuzz/hostile-texts.json', import.meta.url), 'utf8'),
) as string[];

/** The speaker's name, then what was said, as a list. */
const seeds = [
  ['Ann', 'Good evening, and welcome.', 'This is the second sentence; it is longer than a line of subtitles can hold.'],
  ['-->', '00:00:01.000 --> 00:00:02.000', '\n\n2\n00:00:00,000 --> 00:00:09,000\nnobody said this\n\n'],
  ['0', 'NOTE', 'STYLE\n::cue { color: red }', 'WEBVTT', 'REGION'],
  ['東京', '東京へ行きました。', 'สวัสดีครับ', '\u202eabc\u2066'],
  ...texts.map((text) => [text, text]),
].map((all) => JSON.stringify(all));

/** A list of texts, whatever the input has become. */
function readInput(input: string): string[] {
  try {
    const value: unknown = JSON.parse(input);
    return (Array.isArray(value) ? value : [value]).map((each) =>
      typeof each === 'string' ? each : JSON.stringify(each),
    );
  } catch {
    return [input.slice(0, 20), input];
  }
}

function faultOf(said: readonly string[], name: string): string | undefined {
  if (!readsBack(said, name)) return 'other words than were said';
  const blocks = said.length + said.filter((text) => plainText(text) !== '').length;
  const lines = toTxt(hostileRun(said, name)).split(/[\n\r\u2028\u2029\u0085]/).length;
  return lines === Math.max(1, blocks * 2) ? undefined : `${lines} lines of text for ${blocks} blocks`;
}

function run(input: string): Promise<Ending> {
  const [name = '', ...said] = readInput(input);
  const shape = said.map((text) =>
    plainText(text) === '' ? 'nothing' : plainText(text) === text ? 'as it is' : 'made plain',
  );
  const ending = [...new Set(shape)].toSorted().join(', ');
  try {
    return Promise.resolve({ ending, fault: faultOf(said, name) });
  } catch (error) {
    return Promise.resolve({ ending, fault: String(error) });
  }
}

void t.test('transcripts changed at random', async (t) => {
  await runFuzz(t, { name: 'transcripts', seeds, mutate: changeJson, run, cases: 1_500 });
});
