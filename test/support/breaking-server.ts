/**
 * captiond as a program of its own in which things can be broken: a message `{ slug, part }` makes that part of the session
 * throw the next time that it is used, outside of any catch of ours. `{ part: 'nobody' }` throws in no session's name.
 */
import type { LiveSession } from '../../runtime/live-session.ts';
import { serve } from '../../runtime/serve.ts';

const broken = (): never => {
  throw new Error('broken on purpose');
};

/** Breaks the next run of ffmpeg, and has it begin. */
function breakNextRun(session: LiveSession, part: 'pcm' | 'stalledForMs'): void {
  const { intake } = session;
  const openRun = intake.openRun.bind(intake);
  intake.openRun = () => Object.assign(openRun(), { [part]: broken });
  const [, pid] = session.resources.names()[0]?.split(' ') ?? [];
  process.kill(Number(pid), 'SIGKILL');
}

function breakViewers(session: LiveSession, part: 'deliver' | 'look' | 'send'): void {
  for (const viewer of session.channel.hub.viewers) Object.assign(viewer, { [part]: broken });
}

export const parts: Record<string, (session: LiveSession) => void> = {
  'the audio intake, called by the RTMP listener': ({ intake }) => Object.assign(intake, { audio: broken }),
  'the start of ffmpeg': ({ intake, resources }) => {
    intake.openRun = broken;
    process.kill(Number(resources.names()[0]?.split(' ')[1]), 'SIGKILL');
  },
  'the reader of ffmpeg’s output': (session) => breakNextRun(session, 'pcm'),
  'the timer that looks for a stall': (session) => breakNextRun(session, 'stalledForMs'),
  'the transcript, called by the engine': ({ channel }) => Object.assign(channel.sink, { partial: broken }),
  'the log’s answer': ({ channel }) => Object.assign(channel.hub, { recorded: broken }),
  'the fan-out': (session) => breakViewers(session, 'deliver'),
  'the heartbeat': (session) => breakViewers(session, 'look'),
  'a viewer’s message': (session) => breakViewers(session, 'send'),
};

process.exitCode = await serve(process.env, {
  onReady: ({ registry }, addresses) => {
    process.on('message', ({ slug, part }: { slug?: string; part: string }) => {
      const session = registry.live(slug ?? '');
      if (session === undefined) setTimeout(broken);
      else parts[part]?.(session);
    });
    process.send?.(addresses);
  },
});
process.disconnect();
