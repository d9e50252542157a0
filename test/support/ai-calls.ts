/** What a session's insights cost with an audience of callers: one and the same talk, in each mode, counted by the endpoint. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TranscriptSink } from '../../actors/ports.ts';
import { callingViewers } from './calling-viewers.ts';
import { startDeliveryServer } from './delivery-server.ts';
import { startModelEndpoint } from './model-endpoint.ts';
import { eventually } from './processes.ts';

/** `alone`: each viewer calls for itself. `lease`: the viewer that holds the lease. `server`: AI_MODE=server. */
export type Caller = 'alone' | 'lease' | 'server';

export interface CallCount {
  calls: number;
  tokens: number;
  mostInFlight: number;
  /** Insights that each viewer had in the end, by viewer. */
  insights: number[];
}

const FINALS = 3;

/** Says `rounds` times three sentences to `viewers` viewers. */
export async function countCalls(caller: Caller, viewers: number, rounds: number): Promise<CallCount> {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-calls-'));
  await using endpoint = await startModelEndpoint({ hasUsage: 'by_length' });
  const ownCaller = { AI_MODE: 'server', OPENAI_BASE_URL: endpoint.url, OPENAI_API_KEY: 'key', AI_MODEL: 'm' };
  const mode = caller === 'server' ? ownCaller : { AI_MODE: caller === 'lease' ? 'client' : 'off' };
  const options = { DATA_DIR: folder, AI_INTERVAL_MS: '100', AI_FINALS_MIN: String(FINALS), ...mode };
  try {
    await using server = await startDeliveryServer(options);
    const { channel } = await server.start('talk');
    const url = `ws://${server.host}/sessions/talk/live`;
    const audience = callingViewers({
      ...{ url, count: viewers, endpointUrl: endpoint.url, hasLease: caller === 'lease' },
      finalsMin: caller === 'server' ? Infinity : FINALS,
    });
    await eventually('all are there', () => audience.every(({ isAttached }) => isAttached));
    const each = caller === 'alone' ? viewers : 1;
    for (let round = 1; round <= rounds; round += 1) {
      for (let line = 0; line < FINALS; line += 1) say(channel.sink, `Sentence ${line} of round ${round}, and so on.`);
      const isDone = (): boolean => endpoint.journal.length >= round * each && endpoint.inFlight === 0;
      await eventually(`${round * each} calls`, isDone);
      const hasAll = (): boolean => audience.every(({ insights }) => insights.length >= round);
      if (caller !== 'alone') await eventually('everybody has the insight', hasAll);
    }
    for (const viewer of audience) viewer.leave();
    return {
      calls: endpoint.journal.length,
      tokens: endpoint.journal.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0),
      mostInFlight: endpoint.mostInFlight,
      insights: audience.map(({ insights }) => insights.length),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let utterances = 0;

function say(sink: TranscriptSink, text: string): void {
  utterances += 1;
  const identity = { engineSession: 'e', utterance: `u${utterances}`, channel: 0, language: 'en' };
  sink.final({ ...identity, text, startMs: 0, endMs: 1 });
}
