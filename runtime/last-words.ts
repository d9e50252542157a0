/** What a session says for a chart that has failed and cannot say it any more. */
import type { Log } from '../actors/ports.ts';
import type { AudioIntake } from '../actors/audio/intake.ts';
import type { SessionChannel } from '../actors/viewers/channel.ts';

/** Declares what was not transcribed and writes `session_end`, each as far as it works. */
export function sayLastWords({ intake, channel }: { intake: AudioIntake; channel: SessionChannel }, log: Log): void {
  const words = [
    () => intake.drained(),
    () => intake.settle('finalize_timeout'),
    () => channel.end('failed', intake.totals()),
  ];
  for (const say of words) {
    try {
      say();
    } catch (error) {
      log.error('a failed session could not be ended in order', { error });
    }
  }
}
