/** Pauses of a publisher's audio, told at their two ends. */
import t from 'tap';
import { createActor, setup } from 'xstate';
import { audioWatch } from '../../actors/audio-watch.ts';
import { bindInput } from '../../actors/bind-input.ts';
import { eventually } from '../support/processes.ts';

const PAUSE_MS = 300;

function watched() {
  const told: string[] = [];
  const intake = { receivedTags: 0 };
  const watch = bindInput(audioWatch, { intake, nowMs: () => performance.now(), pauseMs: PAUSE_MS });
  const tell = (type: string) => ({ [type]: { actions: () => void told.push(type) } });
  const machine = setup({ actors: { watch } }).createMachine({
    invoke: { id: 'audio', src: 'watch', onError: {} },
    on: { ...tell('audio.paused'), ...tell('audio.flowing') },
  });
  const actor = createActor(machine).start();
  return { told, intake, actor };
}

void t.test('a pause is told once, and once that it is over', async (t) => {
  const { told, intake, actor } = watched();
  const speaking = setInterval(() => (intake.receivedTags += 1), 20);
  const begunMs = performance.now();
  await eventually('twice a pause has gone by', () => performance.now() - begunMs > 2 * PAUSE_MS);
  t.strictSame(told, [], 'audio that comes is not worth a word');
  clearInterval(speaking);
  await eventually('a pause', () => told.length === 1);
  await eventually('twice a pause more', () => performance.now() - begunMs > 6 * PAUSE_MS);
  intake.receivedTags += 1;
  await eventually('the end of the pause', () => told.length === 2);
  t.strictSame(told, ['audio.paused', 'audio.flowing']);
  actor.stop();
});

void t.test('a watch that is stopped says nothing more', async (t) => {
  const { told, actor } = watched();
  actor.stop();
  const begunMs = performance.now();
  await eventually('twice a pause has gone by', () => performance.now() - begunMs > 2 * PAUSE_MS);
  t.strictSame(told, []);
});
