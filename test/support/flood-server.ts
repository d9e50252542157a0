/**
 * The HTTP side in a process of its own, whose memory can be read: session `talk` says the time ten times a second. Tells
 * its port first; answers `report`.
 *
 * `TIMING` in the environment: other bounds, as JSON.
 */
import type { LimitName } from '../../actors/limit-names.ts';
import type { HttpTiming } from '../../runtime/http/listener.ts';
import { startHttp } from './http-server.ts';
import { ScriptedSessions } from './scripted-sessions.ts';

const SAY_EVERY_MS = 100;

/** How the server is. */
export interface FloodReport {
  rss: number;
  /** Open sockets of every kind. */
  sockets: number;
  viewers: number;
  limits: Partial<Record<LimitName, number>>;
  /** Log lines that are errors. */
  errors: number;
}

const limits: FloodReport['limits'] = {};
const sessions = new ScriptedSessions();
const talk = sessions.start('talk');
const server = await startHttp({
  directory: sessions,
  limits: { maxViewers: 2_000, maxConnectionsPerAddress: 1_000, allowedOrigins: [] },
  timing: JSON.parse(process.env['TIMING'] ?? '{}') as HttpTiming,
  onLimit: (limit) => (limits[limit] = (limits[limit] ?? 0) + 1),
});

let said = 0;
setInterval(() => talk.final(`u${(said += 1)}`, String(Date.now())), SAY_EVERY_MS);

function report(): FloodReport {
  globalThis.gc?.();
  const resources = process.getActiveResourcesInfo();
  return {
    rss: process.memoryUsage.rss(),
    sockets: resources.filter((kind) => kind === 'TCPSocketWrap').length,
    viewers: talk.channel.hub.size,
    limits: { ...limits, ...countsOf(talk.limits) },
    errors: server.lines.filter((line) => line.includes('"level":"error"')).length,
  };
}

function countsOf(names: readonly LimitName[]): FloodReport['limits'] {
  const counts: FloodReport['limits'] = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

process.on('disconnect', () => process.exit());
process.on('message', () => process.send?.(report()));
process.send?.({ host: server.host });
