/** Bounds of what is sent to Gladia. */
import { SAMPLE_RATE_HZ } from '../ports.ts';

/** Bytes that may wait in our own socket before nothing more is written. */
export const BUFFERED_MAX_BYTES = 65_536;
/** Audio sent and not acknowledged; paces a replay at what Gladia takes. */
export const IN_FLIGHT_MAX_SAMPLES = 10 * SAMPLE_RATE_HZ;
/** Silence before a replay, so that an utterance of the first copy ends. */
export const PADDING_SAMPLES = 0.7 * SAMPLE_RATE_HZ;
