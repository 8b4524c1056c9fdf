import { ProtocolError } from "./protocol-error.ts";

/** A value of the Action Message Format, version 0. Objects have no prototype: their names are the other side's. */
export type AmfValue = number | boolean | string | null | readonly AmfValue[] | AmfObject;
export interface AmfObject {
  readonly [name: string]: AmfValue;
}

/** How deep objects may lie in one another, and how many values one message may hold: more is an attack. */
const DEPTH_LIMIT = 8;
const VALUES_LIMIT = 1_000;

const Marker = {
  NUMBER: 0x00,
  BOOLEAN: 0x01,
  STRING: 0x02,
  OBJECT: 0x03,
  NULL: 0x05,
  UNDEFINED: 0x06,
  ECMA_ARRAY: 0x08,
  OBJECT_END: 0x09,
  STRICT_ARRAY: 0x0a,
  DATE: 0x0b,
  LONG_STRING: 0x0c,
  UNSUPPORTED: 0x0d,
  XML: 0x0f,
  TYPED_OBJECT: 0x10,
} as const;

const SHORT_STRING_LIMIT_BYTES = 0xffff;

/** All values of a message, in order; throws a `ProtocolError` for what is not whole or not of this format. */
export function decodeAmf(buffer: Buffer): readonly AmfValue[] {
  const reader = new AmfReader(buffer);
  const values: AmfValue[] = [];
  while (!reader.isAtEnd) values.push(reader.value(0));
  return values;
}

/** The first value alone: what a message is about stands there, and the rest may be large. */
export function decodeFirstAmf(buffer: Buffer): { readonly value: AmfValue; readonly length: number } {
  const reader = new AmfReader(buffer);
  const value = reader.value(0);
  return { value, length: reader.offset };
}

export function encodeAmf(values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

export function isAmfObject(value: AmfValue | undefined): value is AmfObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class AmfReader {
  readonly #buffer: Buffer;
  #values = 0;
  offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.#buffer.length;
  }

  value(depth: number): AmfValue {
    this.#values += 1;
    if (depth > DEPTH_LIMIT || this.#values > VALUES_LIMIT) throw new ProtocolError("A message holds too many values.");
    const marker = this.#take(1).readUInt8();
    switch (marker) {
      case Marker.NUMBER:
        return this.#take(8).readDoubleBE();
      case Marker.BOOLEAN:
        return this.#take(1).readUInt8() !== 0;
      case Marker.STRING:
        return this.#text(this.#take(2).readUInt16BE());
      case Marker.LONG_STRING:
      case Marker.XML:
        return this.#text(this.#take(4).readUInt32BE());
      case Marker.NULL:
      case Marker.UNDEFINED:
      case Marker.UNSUPPORTED:
        return null;
      case Marker.TYPED_OBJECT:
        this.#text(this.#take(2).readUInt16BE());
        return this.#object(depth);
      case Marker.OBJECT:
        return this.#object(depth);
      case Marker.ECMA_ARRAY:
        // Its count is a hint that senders get wrong; the end mark counts.
        this.#take(4);
        return this.#object(depth);
      case Marker.STRICT_ARRAY:
        return this.#array(depth);
      case Marker.DATE:
        return this.#take(10).readDoubleBE();
      default:
        throw new ProtocolError("A message holds a value of an unknown kind.");
    }
  }

  #object(depth: number): AmfObject {
    const object: Record<string, AmfValue> = Object.create(null) as Record<string, AmfValue>;
    for (;;) {
      const name = this.#text(this.#take(2).readUInt16BE());
      if (name === "" && this.#buffer[this.offset] === Marker.OBJECT_END) {
        this.offset += 1;
        return object;
      }
      object[name] = this.value(depth + 1);
    }
  }

  #array(depth: number): readonly AmfValue[] {
    const length = this.#take(4).readUInt32BE();
    if (length > VALUES_LIMIT) throw new ProtocolError("A message holds too many values.");
    return Array.from({ length }, () => this.value(depth + 1));
  }

  #text(length: number): string {
    return this.#take(length).toString("utf8");
  }

  #take(length: number): Buffer {
    const end = this.offset + length;
    if (end > this.#buffer.length) throw new ProtocolError("A message ends in the middle of a value.");
    const part = this.#buffer.subarray(this.offset, end);
    this.offset = end;
    return part;
  }
}

function encodeValue(value: AmfValue): Buffer {
  if (value === null) return Buffer.from([Marker.NULL]);
  if (typeof value === "number") {
    const encoded = Buffer.alloc(9);
    encoded.writeDoubleBE(value, 1);
    return encoded;
  }
  if (typeof value === "boolean") return Buffer.from([Marker.BOOLEAN, value ? 1 : 0]);
  if (typeof value === "string") return encodeString(value);
  if (isAmfObject(value)) {
    const properties = Object.entries(value).flatMap(([name, each]) => [encodeName(name), encodeValue(each)]);
    return Buffer.concat([Buffer.from([Marker.OBJECT]), ...properties, Buffer.from([0, 0, Marker.OBJECT_END])]);
  }
  const head = Buffer.from([Marker.STRICT_ARRAY, 0, 0, 0, 0]);
  head.writeUInt32BE(value.length, 1);
  return Buffer.concat([head, ...value.map(encodeValue)]);
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= SHORT_STRING_LIMIT_BYTES) return Buffer.concat([Buffer.from([Marker.STRING]), encodeName(text)]);
  const head = Buffer.from([Marker.LONG_STRING, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function encodeName(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return Buffer.concat([head, bytes]);
}
