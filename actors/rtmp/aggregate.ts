/** Aggregate messages (Adobe RTMP specification 7.1.6): several FLV tags in one message of type 22. */

const TAG_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/** One message out of an aggregate. `body` is a view of the aggregate's. */
export interface AggregatedTag {
  type: number;
  /** Milliseconds modulo 2^32, on the message stream's clock. */
  timestamp: number;
  body: Buffer;
}

/**
 * Splits an aggregate. The tags' own timestamps count from any origin: the aggregate's timestamp is that of its first
 * tag, and the others keep their distance to it. A tag that is cut short ends the list.
 */
export function* splitAggregate(body: Buffer, timestamp: number): Generator<AggregatedTag> {
  let offset: number | undefined;
  let at = 0;
  while (at + TAG_HEADER_BYTES <= body.length) {
    const end = at + TAG_HEADER_BYTES + body.readUIntBE(at + 1, 3);
    if (end > body.length) break;
    // The fourth byte of an FLV timestamp holds its upper bits (FLV specification 10.1, E.4.1).
    const own = body.readUIntBE(at + 4, 3) + (body[at + 7] ?? 0) * 2 ** 24;
    offset ??= timestamp - own;
    yield {
      type: body[at] ?? 0,
      timestamp: (own + offset) >>> 0,
      body: body.subarray(at + TAG_HEADER_BYTES, end),
    };
    at = end + BACK_POINTER_BYTES;
  }
}
