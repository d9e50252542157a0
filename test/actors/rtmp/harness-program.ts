/** The listener in a process of its own, with a publisher that nothing may disturb. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ListenerReport } from '../../fixtures/rtmp/listener.ts';
import { aacSequenceHeader, aacSilence, publishRtmp } from '../../support/rtmp-publisher.ts';

const program = fileURLToPath(new URL('../../fixtures/rtmp/listener.ts', import.meta.url));
const AUDIO_EVERY_MS = 20;

export interface ListenerProgram extends AsyncDisposable {
  port: number;
  /** Collects garbage there and begins to watch its memory anew. */
  rest(): Promise<ListenerReport>;
  /** Rejects when the program has ended. */
  report(): Promise<ListenerReport>;
  /** Resolves when a tag has arrived that the steady publisher sent after the call. */
  steadyGoesOn(): Promise<ListenerReport>;
}

export async function startListenerProgram(): Promise<ListenerProgram> {
  const child = fork(program, { execArgv: ['--expose-gc'] });
  const exited = once(child, 'exit').then(([code, signal]) => Promise.reject(new Error(`it ended: ${code} ${signal}`)));
  exited.catch(() => undefined);
  const answer = async <Answer>(): Promise<Answer> => {
    const [message] = (await Promise.race([once(child, 'message'), exited])) as [Answer];
    return message;
  };
  const ask = (question: 'rest' | 'report'): Promise<ListenerReport> => {
    const answered = answer<ListenerReport>();
    child.send(question);
    return answered;
  };
  const { port } = await answer<{ port: number }>();
  const steady = await startSteadyPublisher(port);
  return {
    port,
    rest: () => ask('rest'),
    report: () => ask('report'),
    async steadyGoesOn() {
      const expected = steady.sent() + 1;
      let report = await ask('report');
      while (report.steadyTags < expected && report.steadyEnds.length === 0) report = await ask('report');
      return report;
    },
    async [Symbol.asyncDispose]() {
      await steady.stop();
      child.disconnect();
      await exited.catch(() => undefined);
    },
  };
}

async function startSteadyPublisher(port: number): Promise<{ sent(): number; stop(): Promise<void> }> {
  const publisher = await publishRtmp({ port, name: 'steady' });
  publisher.sendAudio(aacSequenceHeader, 0);
  let sent = 1;
  const speaking = setInterval(() => {
    publisher.sendAudio(aacSilence, sent * AUDIO_EVERY_MS);
    sent += 1;
  }, AUDIO_EVERY_MS);
  return {
    sent: () => sent,
    stop() {
      clearInterval(speaking);
      return publisher.close();
    },
  };
}
