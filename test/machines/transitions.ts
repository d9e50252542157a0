/** Transition tables: what has happened, and where the chart is then. */
import t from 'tap';
import { after, snapshotOf } from '../support/proof/after.ts';
import { leaseInput, slowWords } from '../support/proof/deadlines.ts';
import { aiLeaseWorld, serverWorld, sessionWorld, viewersWorld } from '../support/proof/worlds.ts';

const viewersTable: [string, unknown][] = [
  ['', 'open'],
  ['viewers.end', 'closing'],
  ['viewers.end, hub emptied', 'closed'],
  ['viewers.end, tick', 'terminating'],
  ['viewers.end, tick, hub emptied', 'closed'],
  ['viewers.end, tick, tick', 'closed'],
];

void t.test('viewers', async (t) => {
  for (const [words, value] of viewersTable) {
    const world = await after(viewersWorld({ timing: { closeTimeoutMs: 2_000, terminateTimeoutMs: 500 } }), words);
    t.strictSame(snapshotOf(world).value, value, words);
  }
});

const leaseTable: [string, unknown][] = [
  ['', 'free'],
  ['a asks', 'taking'],
  ['a asks, log gives', { held: 'valid' }],
  ['a asks, log failed', 'free'],
  ['a asks, log denied', 'elsewhere'],
  ['a asks, tick', 'free'],
  ['a asks, a leaves', 'free'],
  ['a asks, b asks, a leaves', 'taking'],
  ['a asks, log denied, tick', 'taking'],
  ['a asks, log denied, a leaves', 'free'],
  ['a asks, log gives, a renews', { held: 'valid' }],
  ['a asks, log gives, a releases', 'free'],
  ['a asks, log gives, b releases', { held: 'valid' }],
  ['a asks, log gives, a leaves', 'free'],
  ['a asks, log gives, b asks, a leaves', 'taking'],
  ['a asks, log gives, b asks, b leaves, a leaves', 'free'],
  ['a asks, log gives, tick', 'free'],
  ['a asks, log gives, b asks, tick', 'taking'],
  ['a asks, log gives, log lost', 'free'],
  ['a asks, b asks, log gives, a leaves, log gives, a renews late', { held: 'valid' }],
  ['a asks, log gives, ai.close', 'closed'],
];

void t.test('ai-lease', async (t) => {
  for (const [words, value] of leaseTable) {
    const world = await after(aiLeaseWorld(leaseInput), words);
    t.strictSame(snapshotOf(world).value, value, words);
  }
});

void t.test('ai-lease: who has it, who waits, under which fence', async (t) => {
  const standings: [string, string | null, number, string[]][] = [
    ['a asks, b asks, log gives', 'a', 1, ['b']],
    ['a asks, b asks, log gives, b asks, a asks', 'a', 1, ['b']],
    ['a asks, b asks, c asks', null, 0, ['a', 'b']],
    ['a asks, b asks, log gives, c asks, a leaves, log gives', 'b', 2, ['c']],
    ['a asks, b asks, log gives, tick, log gives', 'b', 2, []],
    ['a asks, b asks, log gives, tick, log failed', null, 1, []],
    ['a asks, b asks, a leaves, log gives', 'b', 1, []],
    ['a asks, log gives, a renews late, a releases, a asks, log gives', 'a', 2, []],
  ];
  for (const [words, holder, fence, line] of standings) {
    const world = await after(aiLeaseWorld(leaseInput), words);
    t.match((snapshotOf(world) as { context?: unknown }).context, { holder, fence, line }, words);
  }
});

const serverTable: [string, unknown, string?][] = [
  ['', 'booting'],
  ['boot done', 'ready'],
  ['boot fails', 'stopping'],
  ['boot fails, shutdown done', 'stopped', 'boot_failed'],
  ['server.drain', 'stopping'],
  ['boot done, server.drain', 'draining'],
  ['boot done, server.drain, sessions.closed', 'stopping'],
  ['boot done, server.drain, sessions.closed, shutdown done', 'stopped', 'stopped'],
  ['boot done, server.drain, sessions.closed, shutdown fails', 'stopped', 'stopped'],
  ['boot done, server.drain, tick', 'stopping'],
  ['boot done, server.drain, tick, tick', 'stopped', 'forced'],
  ['boot done, server.drain, server.force', 'stopping'],
  ['boot done, server.drain, server.force, server.force', 'stopped', 'forced'],
  ['boot done, server.force, shutdown done', 'stopped', 'forced'],
];

void t.test('server', async (t) => {
  for (const [words, value, outcome] of serverTable) {
    const world = await after(serverWorld({ timing: { drainTimeoutMs: 15_000, shutdownTimeoutMs: 8_000 } }), words);
    t.strictSame(snapshotOf(world).value, value, words);
    if (outcome !== undefined) t.match(snapshotOf(world).output, { outcome }, words);
  }
});

const live = {
  phase: 'running',
  publisher: { live: 'flowing' },
  decoder: { up: 'starting' },
  transcriber: { up: 'connecting' },
};

const sessionTable: [string, object][] = [
  ['', { phase: 'running', publisher: 'awaiting', decoder: 'idle', audience: 'attending' }],
  ['publisher.attached', live],
  ['publisher.attached, child ready', { ...live, decoder: { up: 'decoding' } }],
  ['publisher.attached, child ready, child exited', { ...live, decoder: { up: 'replacing' } }],
  ['publisher.attached, child ready, child exited, tick, child ready', { ...live, decoder: { up: 'decoding' } }],
  ['publisher.attached, child refused', { phase: { finalizing: 'finishingTranscript' }, decoder: 'ended' }],
  ['publisher.attached, audio paused', { ...live, publisher: { live: 'pausing' } }],
  ['publisher.attached, audio paused, audio flowing', live],
  ['publisher.attached, child ready, audio paused, tick', { phase: 'running', publisher: { live: 'silent' } }],
  ['publisher.attached, child ready, audio paused, tick, audio flowing', { publisher: { live: 'flowing' } }],
  ['publisher.attached, child ready, audio paused, tick, publisher.lost', { publisher: 'lost' }],
  [
    'publisher.attached, child ready, audio paused, tick, publisher.lost, publisher.attached',
    { publisher: live.publisher },
  ],
  ['publisher.attached, publisher.lost', { ...live, publisher: 'lost' }],
  ['publisher.attached, publisher.lost, publisher.attached', live],
  ['publisher.attached, publisher.ended', { phase: { finalizing: 'endingAudio' }, publisher: 'gone' }],
  ['publisher.attached, publisher.ended, child exited', { phase: { finalizing: 'finishingTranscript' } }],
  ['publisher.attached, session.stop, child exited, transcriber finished', { phase: 'closing', transcriber: 'ended' }],
  ['transcriber ready', { transcriber: { up: 'streaming' } }],
  ['transcriber ready, transcriber lost', { transcriber: { up: 'lost' } }],
  ['transcriber lost, transcriber ready', { transcriber: { up: 'streaming' } }],
  ['transcriber failed', { phase: 'closing', transcriber: 'ended' }],
  ['session.stop', { phase: { finalizing: 'finishingTranscript' }, decoder: 'ended', publisher: 'gone' }],
];

void t.test('session', async (t) => {
  for (const [words, regions] of sessionTable) {
    const world = await after(sessionWorld(slowWords), words);
    t.match(snapshotOf(world).value, { active: regions }, words);
  }
});

void t.test('session: how it ends', async (t) => {
  const ends: [string, string, string][] = [
    [
      'publisher.attached, publisher.ended, child exited, transcriber finished, hub emptied',
      'closed',
      'publisher_ended',
    ],
    ['session.stop, transcriber finished, hub emptied', 'closed', 'stopped'],
    ['drain the session, transcriber finished, hub emptied', 'closed', 'server_draining'],
    ['publisher.attached, child refused, transcriber finished, hub emptied', 'failed', 'decoder_failed'],
    ['transcriber failed, hub emptied', 'failed', 'transcriber_failed'],
  ];
  for (const [words, value, reason] of ends) {
    const world = await after(sessionWorld(slowWords), words);
    t.match(snapshotOf(world), { status: 'done', value, output: { reason } }, words);
  }
});
