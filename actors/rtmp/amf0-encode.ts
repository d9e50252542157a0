/** Encoding of the AMF0 values that a server's answers consist of. */
import type { Amf0Object, Amf0Value } from './amf0.ts';

const OBJECT_END = Buffer.of(0, 0, 9);

/** The values one after the other, as the body of a command message. */
export function encodeAmf0(...values: Amf0Value[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

function encodeValue(value: Amf0Value): Buffer {
  switch (typeof value) {
    case 'number':
      return encodeNumber(value);
    case 'boolean':
      return Buffer.of(1, value ? 1 : 0);
    case 'string':
      return encodeString(value);
    case 'undefined':
      return Buffer.of(6);
    default:
      if (value === null) return Buffer.of(5);
      return Array.isArray(value) ? encodeArray(value) : encodeObject(value);
  }
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** Strings above 65,535 bytes get the long form. */
function encodeString(value: string): Buffer {
  const text = Buffer.from(value);
  const long = text.length > 0xffff;
  const header = Buffer.alloc(long ? 5 : 3);
  header[0] = long ? 12 : 2;
  header.writeUIntBE(text.length, 1, long ? 4 : 2);
  return Buffer.concat([header, text]);
}

function encodeObject(value: Amf0Object): Buffer {
  const properties = Object.entries(value).map(([key, property]) =>
    Buffer.concat([encodeString(key).subarray(1), encodeValue(property)]),
  );
  return Buffer.concat([Buffer.of(3), ...properties, OBJECT_END]);
}

function encodeArray(value: Amf0Value[]): Buffer {
  const header = Buffer.alloc(5);
  header[0] = 10;
  header.writeUInt32BE(value.length, 1);
  return Buffer.concat([header, ...value.map(encodeValue)]);
}
