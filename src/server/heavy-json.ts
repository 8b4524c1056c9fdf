/** Deeper, wider and longer than any request by far: what is a little too much is told in better words, once it is parsed. */
const DEPTH_LIMIT = 1_000;
const FIELD_LIMIT = 5_000;
const VALUE_LIMIT = 200_000;

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\,:[]{}');

/**
 * Whether JSON text is one that JSON.parse would be busy with, and whoever looks at its fields even more: a megabyte of brackets
 * within each other, or of fields in one object, takes a quarter of a second. Looks at each byte once and keeps none.
 */
export function isHeavyJson(bytes: Uint8Array): boolean {
  /** How many fields each object or list that stands open has so far. */
  const fields = new Uint32Array(DEPTH_LIMIT + 1);
  let [depth, values] = [0, 0];
  let isText = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (isText) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA) values += 1;
    else if (byte === COLON) fields[depth] = (fields[depth] ?? 0) + 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth += 1;
      fields[Math.min(depth, DEPTH_LIMIT)] = 0;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth = Math.max(0, depth - 1);
    if (depth > DEPTH_LIMIT || values > VALUE_LIMIT || (fields[depth] ?? 0) > FIELD_LIMIT) return true;
  }
  return false;
}
