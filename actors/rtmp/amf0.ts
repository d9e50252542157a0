/**
 * AMF0 (Adobe, "Action Message Format -- AMF 0", 2007) as commands use it.
 *
 * Decoding is bounded in depth, number of values and length of strings, allocates by what is there and never by a count
 * that a peer announces, and builds objects without a prototype.
 */
import { RtmpProtocolError } from './protocol-error.ts';

export type Amf0Value = number | boolean | string | null | undefined | Amf0Object | Amf0Value[];
export interface Amf0Object {
  [key: string]: Amf0Value;
}

/** Deeper nesting is refused. */
export const MAX_AMF0_DEPTH = 16;
/** More values (properties and elements included) in one message are refused. */
export const MAX_AMF0_VALUES = 1024;
/** A longer string or property name is refused. */
export const MAX_AMF0_STRING_BYTES = 4096;

const Marker = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  null: 5,
  undefined: 6,
  ecmaArray: 8,
  objectEnd: 9,
  strictArray: 10,
  date: 11,
  longString: 12,
  unsupported: 13,
} as const;

/**
 * The values of a command message, in order. Stops without an error at the first value of a type that commands do not
 * use (references, XML, the switch to AMF3): what stands before it, in an unfinished object too, is enough to answer.
 * @throws RtmpProtocolError for a value that is cut short or exceeds a bound.
 */
export function decodeAmf0(body: Buffer): Amf0Value[] {
  const decoder = new Decoder(body);
  const values: Amf0Value[] = [];
  while (decoder.left > 0 && !decoder.stopped) values.push(decoder.value(0));
  return values;
}

class Decoder {
  readonly #bytes: Buffer;
  #at = 0;
  #values = 0;
  #stopped = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A value of an unreadable type was met; its length is unknown, so nothing behind it can be read. */
  get stopped(): boolean {
    return this.#stopped;
  }

  value(depth: number): Amf0Value {
    if (depth > MAX_AMF0_DEPTH) throw new RtmpProtocolError(`AMF0 deeper than ${MAX_AMF0_DEPTH}`, 'rtmp_amf0');
    if (++this.#values > MAX_AMF0_VALUES)
      throw new RtmpProtocolError(`more than ${MAX_AMF0_VALUES} AMF0 values`, 'rtmp_amf0');
    const marker = this.#uint(1);
    switch (marker) {
      case Marker.number:
        return this.#double();
      case Marker.boolean:
        return this.#uint(1) !== 0;
      case Marker.string:
        return this.#string(this.#uint(2));
      case Marker.longString:
        return this.#string(this.#uint(4));
      case Marker.date:
        return this.#date();
      case Marker.null:
        return null;
      case Marker.undefined:
      case Marker.unsupported:
        return undefined;
      default:
        return this.#container(marker, depth);
    }
  }

  #container(marker: number, depth: number): Amf0Object | Amf0Value[] | undefined {
    if (marker === Marker.object) return this.#object(depth);
    if (marker === Marker.strictArray) return this.#array(depth);
    if (marker !== Marker.ecmaArray) {
      this.#stopped = true;
      return undefined;
    }
    // The count before an ECMA array is a hint that senders get wrong; its end marker decides.
    this.#uint(4);
    return this.#object(depth);
  }

  #object(depth: number): Amf0Object {
    const object = Object.create(null) as Amf0Object;
    while (!this.#stopped) {
      const key = this.#string(this.#uint(2));
      if (key === '' && this.#bytes[this.#at] === Marker.objectEnd) {
        this.#at += 1;
        return object;
      }
      object[key] = this.value(depth + 1);
    }
    return object;
  }

  #array(depth: number): Amf0Value[] {
    const count = this.#uint(4);
    // Each element takes a byte at least: a count beyond that is a lie, and is not worth the loop.
    this.#need(count);
    const array: Amf0Value[] = [];
    while (array.length < count && !this.#stopped) array.push(this.value(depth + 1));
    return array;
  }

  /** Milliseconds since 1970; the time zone after it is reserved. */
  #date(): number {
    const ms = this.#double();
    this.#uint(2);
    return ms;
  }

  #double(): number {
    this.#need(8);
    this.#at += 8;
    return this.#bytes.readDoubleBE(this.#at - 8);
  }

  #uint(bytes: 1 | 2 | 4): number {
    this.#need(bytes);
    this.#at += bytes;
    return this.#bytes.readUIntBE(this.#at - bytes, bytes);
  }

  #string(length: number): string {
    if (length > MAX_AMF0_STRING_BYTES) throw new RtmpProtocolError(`AMF0 string of ${length} bytes`, 'rtmp_amf0');
    this.#need(length);
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  #need(bytes: number): void {
    if (bytes > this.left) throw new RtmpProtocolError('AMF0 value cut short');
  }
}
