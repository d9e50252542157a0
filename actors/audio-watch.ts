/**
 * Watches whether a publisher's audio comes. Tags are counted by the data plane; what is told are the two edges, never a tag.
 */
import { fromCallback } from 'xstate';
import type { EventObject } from 'xstate';

/** Without a tag of sound for this long the audio pauses; encoders send one every 20 to 120 ms. */
export const AUDIO_PAUSE_MS = 1_000;
/** How often is looked. */
const CHECK_MS = 250;

export interface AudioWatchInput {
  /** Counts the tags of sound that have come. */
  intake: { readonly receivedTags: number };
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** `AUDIO_PAUSE_MS`, but for tests. */
  pauseMs?: number;
}

/** Takes no command; tells `audio.paused` and `audio.flowing`, in turn. Audio counts as flowing when the watch begins. */
export const audioWatch = fromCallback<EventObject, AudioWatchInput>(({ input, sendBack }) => {
  const { intake, nowMs, pauseMs = AUDIO_PAUSE_MS } = input;
  let seenTags = intake.receivedTags;
  let sinceMs = nowMs();
  let isPaused = false;
  const look = (): void => {
    const atMs = nowMs();
    if (intake.receivedTags !== seenTags) {
      seenTags = intake.receivedTags;
      sinceMs = atMs;
      if (isPaused) sendBack({ type: 'audio.flowing' });
      isPaused = false;
    } else if (!isPaused && atMs - sinceMs >= pauseMs) {
      isPaused = true;
      sendBack({ type: 'audio.paused' });
    }
  };
  const timer = setInterval(look, CHECK_MS);
  return () => clearInterval(timer);
});
