import { gunzipSync, gzipSync } from 'node:zlib';
import { refuse } from '../domain/base/error.ts';
import type { Json } from '../domain/document/cluster.ts';
import type { Limits } from './limits.ts';

/** Below this a body is not worth compressing. */
const COMPRESS_FROM_BYTES = 64 * 1024;
/** The first bytes of gzip. JSON never starts so, hence they are marker enough. */
const GZIP = [0x1f, 0x8b];
const GZIP_FAST = 1;
/** A document has six levels. What follows a body down must not run out of stack. */
const DEPTH_MAX = 32;

/** A value as it crosses the bus and lies in the store: JSON, compressed when large. */
export function encodeBody(value: Json): Uint8Array {
  return packBody(value).bytes;
}

/** The same, and how long it is unpacked: that is the work. */
export function packBody(value: Json): { bytes: Uint8Array; plainBytes: number } {
  return packText(JSON.stringify(value));
}

/** The same of a value whose JSON is there already. */
export function packText(json: string): { bytes: Uint8Array; plainBytes: number } {
  const plain = new TextEncoder().encode(json);
  const isSmall = plain.length < COMPRESS_FROM_BYTES;
  const bytes = isSmall ? plain : gzipSync(plain, { level: GZIP_FAST });
  return { bytes, plainBytes: plain.length };
}

/**
 * No bytes mean null. BAD_VALUE for what is not JSON or exceeds the limits: checked before it is
 * unpacked, unpacked no further than that, and checked once more before anything is made of it.
 */
export function decodeBody(bytes: Uint8Array, limits: Limits): Json {
  if (bytes.length === 0) return null;
  if (bytes.length > limits.bytes) throw tooLarge(limits.bytes);
  const plain = unpacked(bytes, limits.plainBytes);
  if (limits.values < Number.POSITIVE_INFINITY) checkContent(plain, limits.values);
  try {
    return JSON.parse(new TextDecoder().decode(plain)) as Json;
  } catch {
    throw refuse('BAD_VALUE', 'the message is not JSON');
  }
}

function unpacked(bytes: Uint8Array, max: number): Uint8Array {
  if (bytes[0] !== GZIP[0] || bytes[1] !== GZIP[1]) {
    if (bytes.length > max) throw tooLarge(max);
    return bytes;
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: max });
  } catch (error) {
    const isLarge = error instanceof RangeError;
    throw isLarge ? tooLarge(max) : refuse('BAD_VALUE', 'the message cannot be unpacked');
  }
}

function tooLarge(max: number) {
  return refuse('BAD_VALUE', `the message is larger than ${Math.floor(max / 1024)} kB`);
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE, COMMA] = Buffer.from('"\\[]{},');

/** How deep lists and objects stand in each other, and how much is in them. Texts do not count. */
function checkContent(plain: Uint8Array, valuesMax: number): void {
  let depth = 0;
  let values = 0;
  let inText = false;
  for (let i = 0; i < plain.length; i++) {
    const byte = plain[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN_LIST || byte === OPEN) {
      values++;
      if (++depth > DEPTH_MAX) throw refuse('BAD_VALUE', 'the message is nested too deeply');
    } else if (byte === CLOSE_LIST || byte === CLOSE) depth--;
    else if (byte === COMMA) values++;
    if (values > valuesMax) {
      throw refuse('BAD_VALUE', `the message has more than ${valuesMax} values`);
    }
  }
}
