/**
 * The server's own parts from the transcript sink to the viewers' sockets, session log included; only the audio and the
 * engine are missing: what an engine would say comes from the test or the benchmark.
 */
import { fromCallback } from 'xstate';
import { readConfig } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config.ts';
import { sessionControl, sessionDirectory } from '../../runtime/directory.ts';
import { createHttpServer } from '../../runtime/http.ts';
import { LiveSession } from '../../runtime/live-session.ts';
import { createLog } from '../../runtime/log.ts';
import type { RootLog } from '../../runtime/log.ts';
import { Registry } from '../../runtime/registry.ts';
import { ServingClock } from '../../runtime/serving-clock.ts';
import { openSessionLog } from '../../runtime/session-log.ts';
import type { OpenSessionLog } from '../../runtime/session-log.ts';

export interface DeliveryServer extends AsyncDisposable {
  registry: Registry;
  /** Starts the session of this name. */
  start(slug: string): Promise<LiveSession>;
  port: number;
  /** `HOST:PORT`. */
  host: string;
  /** Log lines that are warnings or worse. */
  lines: string[];
}

/** Connected, and silent. */
const quietEngine = fromCallback(({ sendBack, receive }) => {
  sendBack({ type: 'transcriber.ready' });
  receive(() => sendBack({ type: 'transcriber.finished' }));
});
const clock = new ServingClock({ onHeldUp: () => {} });

/** @param options Of the option table; `DATA_DIR` must be among them. */
export async function startDeliveryServer(options: Record<string, string>): Promise<DeliveryServer> {
  const read = readConfig({ HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', ...options });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const { config } = read;
  const lines: string[] = [];
  const log = createLog({ level: 'warn', pretty: false, write: (line) => void lines.push(line) });
  const sessionLog = await openSessionLog(config, log);
  const registry = newRegistry(sessionLog, config, log);
  const http = await createHttpServer({
    host: config.httpHost,
    port: config.httpPort,
    directory: sessionDirectory(registry, sessionLog.archive, clock.nowMs),
    control: sessionControl(registry, () => undefined),
    readiness: () => ({ ready: true }),
    publishAddress: () => undefined,
    limits: config,
    log,
  });
  const { host, port } = http.address;
  return {
    registry,
    lines,
    port,
    host: `${host}:${port}`,
    start: (slug) => registry.start(slug),
    async [Symbol.asyncDispose]() {
      await Promise.all(registry.liveSessions().map((session) => session.stop('stopped')));
      await http.close();
      await sessionLog.close();
    },
  };
}

function newRegistry(sessionLog: OpenSessionLog, config: Config, log: RootLog): Registry {
  return new Registry({
    claim: (slug) => sessionLog.claim({ slug, transcriber: 'test', startedAt: new Date().toISOString() }),
    start: (writer) =>
      LiveSession.start({
        writer,
        sessionLog: sessionLog.log,
        config,
        ffmpegPath: 'ffmpeg',
        transcriber: () => quietEngine,
        log: log.child({ session: writer.run.slug }),
        clock,
        today: () => new Date(),
      }),
    onClosed: (session) => {
      const { slug, epoch, startedAt, endedAt = startedAt, transcriber } = session;
      const { recordedOffset: lastOffset } = session.channel;
      if (session.isUnlogged) return;
      sessionLog.archive.add({ slug, epoch, startedAt, endedAt, transcriber, lastOffset, ledger: session.ledger() });
    },
  });
}
