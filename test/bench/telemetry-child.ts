/**
 * captiond as the telemetry benchmark runs it: sessions with audio, ffmpeg, an engine that says something at fixed times,
 * viewers, and the telemetry of the server or none.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromCallback } from 'xstate';
import type { AnyActorLogic } from 'xstate';
import type { TranscriberCommand } from '../../machines/events.ts';
import type { LiveSession } from '../../runtime/live-session.ts';
import type { LiveSessionOptions } from '../../runtime/live-session-options.ts';
import { startTelemetry } from '../../runtime/telemetry.ts';
import type { Telemetry } from '../../runtime/telemetry.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import type { DeliveryServer } from '../support/delivery-server.ts';
import { aacSequenceHeader, aacSilence } from '../support/rtmp-publisher.ts';

/** How the child is started, as JSON in its last argument. */
export interface ChildOptions {
  folder: string;
  sessions: number;
  hasTelemetry: boolean;
}

/** What the child tells: where it is, and between `begin` and `end`, what it has used and done. */
export type ChildFact =
  | { type: 'ready'; port: number; metricsPort: number }
  | { type: 'used'; cpuMs: number; finals: number; audioMs: number };
export type ChildRequest = 'begin' | 'end';

/** 1,024 samples at 48 kHz. */
const FRAME_MS = 1_024 / 48;
const SEND_EVERY_MS = 20;
const PARTIAL_EVERY_SAMPLES = 4_800;
const PARTIALS_OF_A_FINAL = 10;
const TEXT = 'one two three four five six seven eight nine ten ';

const options = JSON.parse(process.argv.at(-1) ?? '') as ChildOptions;
let finals = 0;

/** Acknowledges what it is given; every 300 ms of audio it says a partial, every three seconds a final. */
const talkingEngine: LiveSessionOptions['transcriber'] = ({ intake, channel }): AnyActorLogic =>
  fromCallback<TranscriberCommand>(({ receive, sendBack }) => {
    const { source } = intake;
    let said = 0;
    const say = (toSample: number): void => {
      said += 1;
      const part = said % PARTIALS_OF_A_FINAL;
      const utterance = `u${Math.ceil(said / PARTIALS_OF_A_FINAL)}`;
      const endMs = toSample / 16;
      const heard = { engineSession: 'bench', utterance, channel: 0, language: 'en', startMs: endMs - 300, endMs };
      if (part !== 0) return channel.sink.partial({ ...heard, text: TEXT.slice(0, part * 5) });
      finals += 1;
      channel.sink.final({ ...heard, text: TEXT });
    };
    const take = (): void => {
      for (let chunk = source.read(source.ackedSample); chunk !== undefined; chunk = source.read(source.ackedSample)) {
        const toSample = chunk.startSample + chunk.pcm.length / 2;
        source.acknowledge(toSample);
        if (toSample >= (said + 1) * PARTIAL_EVERY_SAMPLES) say(toSample);
      }
    };
    sendBack({ type: 'transcriber.ready' });
    receive(() => sendBack({ type: 'transcriber.finished' }));
    return source.subscribe(take);
  });

function publish(sessions: readonly LiveSession[]): void {
  const connection = { remoteAddress: '127.0.0.1', disconnect: () => {} };
  const sinks = sessions.map((session) => session.attach(connection, undefined));
  for (const sink of sinks) sink.audio({ codec: 'aac', timestampMs: 0, config: true, body: aacSequenceHeader });
  const startMs = performance.now();
  let frame = 0;
  setInterval(() => {
    for (; frame * FRAME_MS <= performance.now() - startMs; frame += 1) {
      const tag = { codec: 'aac', timestampMs: Math.round(frame * FRAME_MS), config: false } as const;
      for (const sink of sinks) sink.audio({ ...tag, body: Buffer.from(aacSilence) });
    }
  }, SEND_EVERY_MS);
}

/** The admin listener's metrics, and nothing else of it. */
async function listenForScrapes(telemetry: Telemetry | undefined): Promise<number> {
  const metrics = createServer((request, response) => {
    if (telemetry === undefined) response.end();
    else telemetry.scrape(request, response);
  });
  metrics.listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  return (metrics.address() as AddressInfo).port;
}

function answerParent(server: DeliveryServer): void {
  const audioMs = (): number =>
    server.registry.liveSessions().reduce((sum, session) => sum + session.ledger().transcribedMs, 0);
  let before = { usage: process.cpuUsage(), finals: 0, audioMs: 0 };
  process.on('message', (request: ChildRequest) => {
    if (request === 'begin') before = { usage: process.cpuUsage(), finals, audioMs: audioMs() };
    else {
      const { user, system } = process.cpuUsage(before.usage);
      const cpuMs = (user + system) / 1_000;
      tell({ type: 'used', cpuMs, finals: finals - before.finals, audioMs: audioMs() - before.audioMs });
    }
  });
  // Without a parent nobody needs it.
  process.on('disconnect', () => process.exit());
}

function tell(fact: ChildFact): void {
  process.send?.(fact);
}

const places: { server?: DeliveryServer } = {};
const telemetry = options.hasTelemetry
  ? await startTelemetry(process.env, {
      sessionStates: () => places.server?.registry.liveSessions().map(({ state }) => state) ?? [],
      isReady: () => true,
    })
  : undefined;
const server = await startDeliveryServer({ DATA_DIR: options.folder }, { transcriber: talkingEngine, telemetry });
places.server = server;
const names = Array.from({ length: options.sessions }, (_, index) => `s${index}`);
publish(await Promise.all(names.map((name) => server.start(name))));
answerParent(server);
tell({ type: 'ready', port: server.port, metricsPort: await listenForScrapes(telemetry) });
