/** A publisher whose microphone is muted: what it sends is sound all the same. */
import { aacSequenceHeader, aacSilence } from './rtmp-publisher.ts';
import type { RtmpPublisher } from './rtmp-publisher.ts';

const FRAME_MS = 1024 / 48;

/** Sends it in real time until it is disposed of. */
export function speak(publisher: RtmpPublisher): Disposable {
  publisher.sendAudio(aacSequenceHeader, 0);
  let frames = 0;
  const timer = setInterval(() => publisher.sendAudio(aacSilence, Math.round((frames += 1) * FRAME_MS)), FRAME_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
