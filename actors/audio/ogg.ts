/**
 * Opus in Ogg (RFC 3533, RFC 7845), one page per packet, so that nothing waits for a page to fill.
 *
 * The pre-skip is set to 0: the samples that come out are then exactly those that went in, which the session's clock
 * relies on; the decoder's few milliseconds of start-up are audible to nobody.
 */

const OPUS_RATE_HZ = 48_000;
const PAGE_HEADER_BYTES = 27;
const SEGMENT_MAX_BYTES = 255;
/** Packets beyond one page's segment table would need continuation; Opus packets of a stream are below 8 KiB. */
export const OGG_PACKET_MAX_BYTES = SEGMENT_MAX_BYTES * 254;
const BEGIN_OF_STREAM = 0x02;
const PRE_SKIP_AT = 10;
const VENDOR = 'captiond';

export class OggOpusWriter {
  #page = 0;
  #granule = 0n;

  /** Identification and comment header pages; `opusHead` as in RFC 7845 5.1. */
  headers(opusHead: Buffer): Buffer {
    const head = Buffer.from(opusHead);
    if (head.length >= PRE_SKIP_AT + 2) head.writeUInt16LE(0, PRE_SKIP_AT);
    const tags = Buffer.alloc(16 + VENDOR.length);
    tags.write('OpusTags', 0, 'latin1');
    tags.writeUInt32LE(VENDOR.length, 8);
    tags.write(VENDOR, 12, 'latin1');
    return Buffer.concat([this.#write(head, BEGIN_OF_STREAM), this.#write(tags, 0)]);
  }

  /** One packet that lasts `seconds`. */
  packet(packet: Buffer, seconds: number): Buffer {
    this.#granule += BigInt(Math.round(seconds * OPUS_RATE_HZ));
    return this.#write(packet, 0);
  }

  #write(packet: Buffer, flags: number): Buffer {
    const segments = Math.floor(packet.length / SEGMENT_MAX_BYTES) + 1;
    const page = Buffer.alloc(PAGE_HEADER_BYTES + segments + packet.length);
    page.write('OggS', 0, 'latin1');
    page.writeUInt8(flags, 5);
    page.writeBigInt64LE(this.#granule, 6);
    page.writeUInt32LE(1, 14);
    page.writeUInt32LE(this.#page, 18);
    page.writeUInt8(segments, 26);
    page.fill(SEGMENT_MAX_BYTES, PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + segments - 1);
    page.writeUInt8(packet.length % SEGMENT_MAX_BYTES, PAGE_HEADER_BYTES + segments - 1);
    packet.copy(page, PAGE_HEADER_BYTES + segments);
    page.writeUInt32LE(oggCrc(page), 22);
    this.#page += 1;
    return page;
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

/** CRC-32 of RFC 3533 6: polynomial 0x04c11db7, start 0, not reflected. */
function oggCrc(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (crcTable[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return crc;
}
