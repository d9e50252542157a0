/** The server as the one caller of each session's language model, before viewers; the endpoint's journal is the proof. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { countCalls } from '../support/ai-calls.ts';
import { callingViewers } from '../support/calling-viewers.ts';
import { startDeliveryServer } from '../support/delivery-server.ts';
import { startModelEndpoint } from '../support/model-endpoint.ts';
import { eventually } from '../support/processes.ts';
import { collect } from '../support/transcript-collector.ts';

t.setTimeout(120_000);

async function rig(t: Test, options: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'captiond-insights-'));
  const endpoint = await startModelEndpoint();
  const server = await startDeliveryServer({
    ...{ DATA_DIR: folder, AI_MODE: 'server', OPENAI_BASE_URL: endpoint.url, OPENAI_API_KEY: 'key', AI_MODEL: 'm' },
    ...{ AI_FINALS_MIN: '1', AI_INTERVAL_MS: '100', AI_LEASE_MS: '500', ...options },
  });
  t.teardown(async () => {
    await server[Symbol.asyncDispose]();
    await endpoint[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const { channel } = await server.start('talk');
  let said = 0;
  const say = (text: string): void => {
    said += 1;
    const identity = { engineSession: 'e', utterance: `u${said}`, channel: 0, language: 'en' };
    channel.sink.final({ ...identity, text, startMs: said, endMs: said });
  };
  return { endpoint, server, say, url: `ws://${server.host}/sessions/talk/live` };
}

void t.test('five viewers cost five calls without the lease, and one with it, whoever holds it', async (t) => {
  const ROUNDS = 4;
  const alone = await countCalls('alone', 5, ROUNDS);
  const lease = await countCalls('lease', 5, ROUNDS);
  const server = await countCalls('server', 5, ROUNDS);
  t.equal(alone.calls, 5 * ROUNDS);
  for (const one of [lease, server]) {
    t.equal(one.calls, ROUNDS);
    t.equal(one.mostInFlight, 1, 'one call at a time');
    t.strictSame(one.insights, [ROUNDS, ROUNDS, ROUNDS, ROUNDS, ROUNDS], 'everybody has every insight');
    t.ok(one.tokens < alone.tokens / 3);
  }
});

void t.test(
  'viewers who ask for the lease hear that it is taken; they and those who come late get the insights',
  async (t) => {
    const { endpoint, say, url } = await rig(t);
    const [viewer] = callingViewers({ url, endpointUrl: endpoint.url, count: 1, finalsMin: 1, hasLease: true });
    await eventually('an answer', () => (viewer?.leases.length ?? 0) > 0);
    say('One.');
    await eventually('an insight', () => viewer?.insights.length === 1);
    t.strictSame([...new Set(viewer?.leases)], ['taken']);
    t.equal(endpoint.journal.length, 1, 'nobody else has called');
    t.match(viewer?.insights[0], { offset: 2, upToOffset: 1, fence: 1, data: { summary: 'Summary 1.' } });
    using late = collect(`${url}?after=0`);
    const insight = await late.find(({ type }) => type === 'ai_insight');
    t.equal(insight.offset, 2);
    viewer?.leave();
  },
);

void t.test(
  'an endpoint that fails or hangs touches no caption, and the session ends without waiting for it',
  async (t) => {
    const { endpoint, server, say, url } = await rig(t);
    endpoint.fail('server_error', 'hang');
    using viewer = collect(`${url}?after=0`);
    say('One.');
    await eventually('it hangs', () => endpoint.journal.length === 2 && endpoint.inFlight === 1);
    say('Two.');
    await viewer.find(({ text }) => text === 'Two.');
    const session = server.registry.live('talk');
    const stoppedMs = performance.now();
    await session?.stop('stopped');
    t.ok(performance.now() - stoppedMs < 1_000);
    t.equal(await viewer.closed, 1_000);
    t.strictSame(
      viewer.messages.filter(({ offset }) => offset !== undefined).map(({ type }) => type),
      ['session', 'transcript_final', 'transcript_final', 'session_end'],
    );
    await eventually('the request is gone', () => endpoint.inFlight === 0);
    t.ok(endpoint.journal[1]?.isAborted);
    t.strictSame([session?.leftovers, session?.resources.size], [0, 0]);
  },
);

void t.test('the lease is kept for as long as the session lives, under one fence', async (t) => {
  const { endpoint, say, url } = await rig(t);
  using viewer = collect(`${url}?after=0`);
  for (let round = 1; round <= 12; round += 1) {
    say(`Line ${round}.`);
    await eventually('the insight', () => viewer.messages.filter(({ type }) => type === 'ai_insight').length === round);
  }
  const insights = viewer.messages.filter(({ type }) => type === 'ai_insight') as unknown as { fence: number }[];
  t.strictSame([...new Set(insights.map(({ fence }) => fence))], [1]);
  t.equal(endpoint.mostInFlight, 1);
  const first = viewer.messages.find(({ type }) => type === 'ai_insight');
  const last = viewer.messages.findLast(({ type }) => type === 'ai_insight');
  t.ok((last?.atMs ?? 0) - (first?.atMs ?? 0) > 1_000, 'longer than two lives of a lease');
});
