/** The engine's process killed, hung and gone: sessions go on, no final is lost or doubled, all audio is accounted for. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { startEngine } from '../../support/engine-rig.ts';
import type { Listening } from '../../support/engine-rig.ts';
import { eventually, isAlive } from '../../support/processes.ts';
import { silence } from '../../support/sounds.ts';
import { clips } from '../../support/speech.ts';
import { wordErrorRate } from '../../support/wer.ts';

t.setTimeout(120_000);

const speech = Buffer.concat(clips.flatMap(({ pcm }) => [pcm, silence(1)]));
const spoken = clips.map(({ text }) => text).join(' ');

function isWhole(t: Test, { finals, ledger, ...listening }: Listening): void {
  t.ok(wordErrorRate(spoken, listening.text()) <= 0.08, listening.text());
  const overlap = finals.find(({ startMs }, index) => startMs < (finals[index - 1]?.endMs ?? 0));
  t.equal(overlap, undefined, 'no two finals overlap');
  t.match(ledger.totals(), { transcribedMs: speech.length / 32, gapMs: 0, unackedMs: 0 });
  t.strictSame(listening.gaps, []);
}

const types = ({ facts }: Listening): string[] => facts.map(({ type }) => type);

void t.test('killed in mid-speech: the next one hears what the first had not finished', async (t) => {
  await using rig = await startEngine();
  const listening = rig.listen(speech);
  await eventually('a first final', () => listening.finals.length > 0);
  const pid = rig.pid();
  process.kill(pid, 'SIGKILL');
  await listening.told('transcriber.ready', 2);
  t.not(rig.pid(), pid);
  await listening.finish();
  t.strictSame(types(listening), [
    ...['transcriber.ready', 'transcriber.lost', 'transcriber.ready', 'transcriber.finished'],
  ]);
  isWhole(t, listening);
  t.ok(new Set(listening.finals.map(({ engineSession }) => engineSession)).size === 2, 'from two runs of the engine');
});

void t.test('stopped in mid-speech: it is found, killed and replaced', async (t) => {
  await using rig = await startEngine();
  const listening = rig.listen(speech);
  await eventually('a first final', () => listening.finals.length > 0);
  const pid = rig.pid();
  process.kill(pid, 'SIGSTOP');
  await listening.told('transcriber.ready', 2);
  t.notOk(isAlive(pid));
  await listening.finish();
  isWhole(t, listening);
});

void t.test('killed again and again: its sessions fail, it rests, and then it serves new ones', async (t) => {
  await using rig = await startEngine({ bounds: { restMs: 500 } });
  const listening = rig.listen(silence(1));
  for (let kills = 1; kills <= 6; kills += 1) {
    t.notOk(rig.engine.isDown, 'it is not out of order while it is replaced');
    await listening.told('transcriber.ready', kills);
    process.kill(rig.pid(), 'SIGKILL');
  }
  await listening.told('transcriber.failed');
  t.match(listening.facts.at(-1), {
    type: 'transcriber.failed',
    code: 'transcriber_failed',
    reason: 'restart_intensity',
  });
  t.ok(rig.engine.isDown);
  t.equal(rig.engine.resources.size, 0);
  await rig.listen(silence(1)).told('transcriber.failed');
  await eventually('it is back', () => !rig.engine.isDown, 30_000);
  const late = rig.listen(speech);
  await late.finish();
  isWhole(t, late);
});

void t.test('too large: it is replaced, and its sessions go on', async (t) => {
  await using rig = await startEngine({ bounds: { rssMaxBytes: 1_000_000 } });
  const listening = rig.listen(silence(60), 'live');
  await listening.told('transcriber.lost');
  await listening.told('transcriber.ready', 2);
  t.notOk(rig.engine.isDown);
});

void t.test('stopping ends the process, and nothing is left', async (t) => {
  const rig = await startEngine();
  const pid = rig.pid();
  await rig[Symbol.asyncDispose]();
  t.notOk(isAlive(pid));
  t.equal(rig.engine.resources.size, 0);
});

void t.test('the process is told no secret of the server', { skip: noProc() }, async (t) => {
  process.env['GLADIA_API_KEY'] = 'canary-key';
  process.env['AUTH_SECRET'] = 'canary-secret';
  t.teardown(() => {
    delete process.env['GLADIA_API_KEY'];
    delete process.env['AUTH_SECRET'];
  });
  await using rig = await startEngine();
  t.notMatch(readFileSync(`/proc/${rig.pid()}/environ`, 'utf8'), /canary/);
});

function noProc(): string | false {
  return process.platform === 'linux' ? false : 'only Linux shows the environment of a process';
}
