/** A publisher inside the benchmark that sends a real encoder's tags in real time and knows when each one left. */
import type { AudioTag } from '../../actors/ports.ts';
import { publishRtmp } from '../support/rtmp-publisher.ts';

export interface SentTag {
  /** Monotonic milliseconds at which the tag was written. */
  atMs: number;
  /** Samples of 16 kHz that all tags up to this one hold. */
  endSample: number;
}

export interface PacedRun {
  /** Filled as the tags go out. */
  sent: SentTag[];
  done: Promise<void>;
}

/** Publishes `tags` (AAC at 48 kHz) to `port` as `name`; resolves once the server has accepted. */
export async function publishPaced(port: number, name: string, tags: readonly AudioTag[]): Promise<PacedRun> {
  const publisher = await publishRtmp({ port, name });
  const sent: SentTag[] = [];
  const startMs = performance.now();
  const done = new Promise<void>((resolve) => {
    let next = 0;
    let frames = 0;
    const send = (): void => {
      const elapsedMs = performance.now() - startMs;
      for (let tag = tags[next]; tag !== undefined && tag.timestampMs <= elapsedMs; tag = tags[next]) {
        publisher.sendAudio(tag.body, tag.timestampMs);
        if (!tag.config) frames += 1;
        sent.push({ atMs: performance.now(), endSample: (frames * 1024) / 3 });
        next += 1;
      }
      if (next < tags.length) return;
      clearInterval(timer);
      void publisher.close().then(resolve);
    };
    const timer = setInterval(send, 1);
    send();
  });
  return { sent, done };
}
