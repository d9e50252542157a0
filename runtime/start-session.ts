/** A session of this server is started: its run, with what all sessions share. */
import type { RunWriter } from '../actors/log/port.ts';
import type { Config } from './config.ts';
import type { InsightsSetup } from './insights.ts';
import { LiveSession } from './live-session.ts';
import type { LiveSessionOptions } from './live-session-options.ts';
import type { RootLog } from './log.ts';
import type { OpenSessionLog } from './session-log.ts';
import type { SessionWishes } from './session-wishes.ts';
import type { Telemetry } from './telemetry.ts';
import type { Transcribers } from './transcribers.ts';
import type { Deliveries } from './webhooks/deliveries.ts';
import { delivered } from './webhooks/of-sessions.ts';

/** What sessions share. */
export interface SharedParts {
  config: Config;
  ffmpegPath: string;
  sessionLog: OpenSessionLog;
  transcribers: Transcribers;
  telemetry: Telemetry | undefined;
  insights: InsightsSetup | undefined;
  webhooks: Deliveries | undefined;
  log: RootLog;
  clock: LiveSessionOptions['clock'];
}

export function startSession(shared: SharedParts, writer: RunWriter, wishes: SessionWishes | undefined): LiveSession {
  const { config, ffmpegPath, sessionLog, transcribers, telemetry, insights, webhooks, log, clock } = shared;
  const { slug, epoch } = writer.run;
  const session = LiveSession.start({
    writer,
    sessionLog: sessionLog.log,
    childMark: sessionLog.childMark,
    config,
    ffmpegPath,
    transcriber: ({ intake, channel, resources, log: lines }) =>
      transcribers.of({ slug, source: intake.source, sink: channel.sink, resources, log: lines }, wishes),
    insights,
    telemetry,
    log: log.child({ session: slug, epoch }),
    clock,
    today: () => new Date(),
  });
  return delivered(session, webhooks);
}
