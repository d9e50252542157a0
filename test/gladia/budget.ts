/** The day's sound for Gladia is used up in mid-session: it is finished in order there, and the other engine goes on. */
import t from 'tap';
import type { LimitName } from '../../actors/limit-names.ts';
import { createCloudBudget } from '../../runtime/budgets/cloud-budget.ts';
import { gladiaRig } from '../support/gladia-rig.ts';
import { isWhole, share, talk } from '../support/talk.ts';

t.setTimeout(280_000);

const talkMinutes = talk.length / 32_000 / 60;

function budgetOf(minutes: number) {
  const limits: LimitName[] = [];
  const nowMs = (): number => 0;
  return {
    limits,
    budget: createCloudBudget({ minutesPerDay: minutes, nowMs, onLimit: (limit) => limits.push(limit) }),
  };
}

void t.test('used up in mid-stream: Gladia finishes, the other engine takes over, no word is lost', async (t) => {
  const { budget, limits } = budgetOf(talkMinutes / 3);
  await using rig = await gladiaRig({ hasFallback: true, budget });
  const speaking = rig.speak(talk);
  await rig.parent.told('transcriber.ready', 2);
  await speaking;
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('post'), 1, 'no session is begun after it');
  t.equal(rig.gladia.running, 0);
  t.match(rig.lines.join('\n'), /GLADIA_MINUTES_PER_DAY has been used up/);
  t.strictSame(limits, ['gladia_minutes']);
});

void t.test('used up before: Gladia is not called at all', async (t) => {
  const { budget } = budgetOf(0.001);
  budget.sent(1_000_000);
  await using rig = await gladiaRig({ hasFallback: true, budget });
  await rig.speak(talk);
  await rig.finish();
  isWhole(t, rig);
  t.equal(rig.gladia.count('post'), 0);
});

void t.test('without another engine the session fails with the reason', async (t) => {
  const { budget } = budgetOf(0.001);
  budget.sent(1_000_000);
  await using rig = await gladiaRig({ budget });
  await rig.speak(talk.subarray(0, share(0.1)));
  await rig.parent.told('transcriber.failed');
  t.match(rig.parent.facts.at(-1), { reason: /GLADIA_MINUTES_PER_DAY/ });
});
