/** What the RTMP tests share: a listener that remembers, recorded publishers, and replays in any segmentation. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import type { LimitName, OnLimit } from '../../../actors/limit-names.ts';
import type { AudioTag, Authorise, Log, PublisherConnection, PublishRequest } from '../../../actors/ports.ts';
import { Connection } from '../../../actors/rtmp/connection.ts';
import type { OnCount, RtmpCount } from '../../../actors/rtmp/counts.ts';
import { defaultRtmpLimits } from '../../../actors/rtmp/limits.ts';
import type { RtmpLimits } from '../../../actors/rtmp/limits.ts';
import { createRtmpListener } from '../../../actors/rtmp/listener.ts';
import type { RtmpListener } from '../../../actors/rtmp/listener.ts';

const WAIT_MS = 20_000;
const LOOK_MS = 10;

/** Recorded publishers under `test/fixtures/rtmp`. */
export const fixtureNames = ['ffmpeg-audio', 'ffmpeg-video', 'gst-rtmp2sink', 'gst-librtmp', 'obs'] as const;
export type FixtureName = (typeof fixtureNames)[number];

/** All bytes that a recorded publisher sent. */
export function fixture(name: FixtureName): Buffer {
  return gunzipSync(readFileSync(new URL(`../../fixtures/rtmp/${name}.rtmp.gz`, import.meta.url)));
}

/** Resolves as soon as `holds`: looks every few milliseconds, and when `waiters` are called. Rejects after `WAIT_MS`. */
export async function until(holds: () => boolean, what: string, waiters = new Set<() => void>()): Promise<void> {
  if (holds()) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const deadline = performance.now() + WAIT_MS;
  const look = (): void => {
    if (holds()) resolve();
    else if (performance.now() > deadline) reject(new Error(`waited ${WAIT_MS} ms for: ${what}`));
  };
  waiters.add(look);
  const timer = setInterval(look, LOOK_MS);
  await promise.finally(() => (clearInterval(timer), waiters.delete(look)));
}

/** One accepted publish and what became of it. */
export interface Publish {
  request: PublishRequest;
  connection: PublisherConnection;
  tags: AudioTag[];
  ends: { orderly: boolean; reason: string }[];
}

/** An authoriser that accepts everybody and remembers everything; `now` of its arrays can be waited for. */
export class Witness {
  readonly publishes: Publish[] = [];
  readonly counts = new Map<RtmpCount, number>();
  /** Limits that refused or ended a connection, in order. */
  readonly limits: LimitName[] = [];
  readonly logged: { level: string; message: string; fields: Record<string, unknown> | undefined }[] = [];
  readonly #waiters = new Set<() => void>();

  readonly authorise: Authorise = (request, connection) => {
    const publish: Publish = { request, connection, tags: [], ends: [] };
    this.publishes.push(publish);
    this.#changed();
    const audio = (tag: AudioTag): void => (void publish.tags.push(tag), this.#changed());
    const closed = (end: Publish['ends'][number]): void => (void publish.ends.push(end), this.#changed());
    return { accepted: true, sink: { audio, closed } };
  };

  readonly onCount: OnCount = (count, by) => {
    this.counts.set(count, this.count(count) + by);
    this.#changed();
  };

  readonly onLimit: OnLimit = (limit) => void this.limits.push(limit);

  readonly log: Log = {
    debug: this.#line('debug'),
    info: this.#line('info'),
    warn: this.#line('warn'),
    error: this.#line('error'),
  };

  count(name: RtmpCount): number {
    return this.counts.get(name) ?? 0;
  }

  /** Resolves as soon as `holds`; looks again at everything that happens here. Rejects after `WAIT_MS`. */
  async until(holds: () => boolean, what: string): Promise<void> {
    await until(holds, what, this.#waiters);
  }

  /** The publish of this number, when there is one. */
  async publish(index = 0): Promise<Publish> {
    await this.until(() => this.publishes.length > index, `publish ${index}`);
    return this.publishes[index] as Publish;
  }

  /** How the publish of this number ended, when it has. */
  async ended(index = 0): Promise<Publish> {
    await this.until(() => (this.publishes[index]?.ends.length ?? 0) > 0, `the end of publish ${index}`);
    return this.publishes[index] as Publish;
  }

  #line(level: string): Log['info'] {
    return (message, fields) => void this.logged.push({ level, message, fields });
  }

  #changed(): void {
    for (const look of this.#waiters) look();
  }
}

interface Teardown {
  teardown(callback: () => Promise<void>): void;
}

/** A listener on a free port that ends with the test; everybody is welcome unless `authorise` says otherwise. */
export async function listen(
  t: Teardown,
  options: { limits?: Partial<RtmpLimits>; authorise?: Authorise } = {},
): Promise<{ listener: RtmpListener; port: number; witness: Witness }> {
  const witness = new Witness();
  const { onCount, onLimit, log } = witness;
  const limits = { maxUnpublishedPerAddress: 1000, ...options.limits };
  const authorise = options.authorise ?? witness.authorise;
  const listener = await createRtmpListener({ host: '127.0.0.1', port: 0, authorise, limits, log, onCount, onLimit });
  t.teardown(() => listener.close());
  return { listener, port: listener.address.port, witness };
}

/** A connection that sends what it is told, forgets the answers and survives being cut. */
export async function dial(port: number, bytes?: Buffer): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined).resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  if (bytes !== undefined) socket.write(bytes);
  return { socket, closed };
}

/** Cuts bytes into segments of the sizes that `size` gives, one call a segment. */
export function* cut(bytes: Buffer, size: () => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const end = at + Math.max(1, size());
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** The server's end of a connection without a network: what is fed arrives at once, exactly as it was cut. */
class Wire extends Duplex {
  override _read(): void {
    // Bytes come when they are fed.
  }

  override _write(_answer: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** A connection without a network, fed by hand. */
export interface Replay {
  connection: Connection;
  witness: Witness;
  /** False when the connection is closed. */
  push: (segment: Buffer) => boolean;
  /** Closes from the publisher's side, unless it is closed, and resolves when it is. */
  end: () => Promise<Witness>;
}

export async function startReplay(limits: Partial<RtmpLimits> = {}): Promise<Replay> {
  const witness = new Witness();
  const wire = new Wire({ allowHalfOpen: false });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const connection = new Connection(wire, {
    authorise: witness.authorise,
    log: witness.log,
    onCount: witness.onCount,
    onLimit: witness.onLimit,
    limits: { ...defaultRtmpLimits, ...limits },
    onPublishing: () => undefined,
    onClosed: resolve,
  });
  // From here on it is flowing.
  await setImmediate();
  return {
    connection,
    witness,
    push(segment) {
      if (!wire.destroyed) wire.push(segment);
      return !wire.destroyed;
    },
    async end() {
      wire.push(null);
      await closed;
      return witness;
    },
  };
}

/** Plays segments to a connection until they are at an end, or it is. */
export async function replay(segments: Iterable<Buffer>, limits: Partial<RtmpLimits> = {}): Promise<Witness> {
  const { push, end } = await startReplay(limits);
  for (const segment of segments) if (!push(segment)) break;
  return end();
}
