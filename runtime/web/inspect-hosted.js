/** Stately's inspector in a window of its own: only when asked, and again asked, for what is shown then leaves this page. */

/** @import { Frame } from './inspect-model.js' */

const HOSTED = 'https://stately.ai';

export class HostedInspector {
  /** @type {Window | undefined} */
  #window;

  /** @param {() => readonly Frame[]} framesSoFar What it is told first, once it is there. */
  open(framesSoFar) {
    if (!window.confirm('This sends what you see here to a page of stately.ai, in a new window. Go on?')) return;
    const other = window.open(`${HOSTED}/inspect`, 'xstateinspector') ?? undefined;
    window.addEventListener('message', ({ origin, source, data }) => {
      if (origin !== HOSTED || source !== other || data?.type !== '@statelyai.connected') return;
      this.#window = other;
      for (const frame of framesSoFar()) this.tell(frame);
    });
  }

  /** @param {Frame} frame */
  tell(frame) {
    this.#window?.postMessage(frame, HOSTED);
  }
}
