/** What a session is made of. */
import type { AnyActorLogic } from 'xstate';
import type { AudioIntake } from '../actors/audio/intake.ts';
import type { RunWriter, SessionLog } from '../actors/log/port.ts';
import type { Log } from '../actors/ports.ts';
import type { ResourceList } from '../actors/resources.ts';
import type { SessionChannel } from '../actors/viewers/channel.ts';
import type { Config } from './config.ts';
import type { InsightsSetup } from './insights.ts';
import type { ServingClock } from './serving-clock.ts';
import type { Telemetry } from './telemetry.ts';

/** What a session takes from the server. */
export interface LiveSessionOptions {
  /** Of the run, which says what it is. */
  writer: RunWriter;
  sessionLog: SessionLog;
  /** What child processes are marked with. */
  childMark?: string | undefined;
  config: Config;
  ffmpegPath: string;
  /** The transcriber actor of this session, given its ends of the data plane. */
  transcriber: (plane: {
    intake: AudioIntake;
    channel: SessionChannel;
    resources: ResourceList;
    log: Log;
  }) => AnyActorLogic;
  /** The server's own language-model caller; undefined without one. */
  insights?: InsightsSetup | undefined;
  /** Where the session is measured; undefined: nowhere. */
  telemetry?: Pick<Telemetry, 'begin' | 'end' | 'onLimit'> | undefined;
  log: Log;
  clock: Pick<ServingClock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  /** Wall clock. */
  today: () => Date;
}
