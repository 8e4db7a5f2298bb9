import { gunzipSync, gzipSync } from 'node:zlib';
import type { Json } from '../domain/cluster.ts';

/** Below this a body is not worth compressing. */
const COMPRESS_FROM_BYTES = 64 * 1024;
/** What a small compressed body may grow to: the bus carries 8 MB, JSON shrinks to a quarter. */
const BODY_MAX_BYTES = 32 * 1024 * 1024;
/** The first bytes of gzip. JSON never starts so, hence they are marker enough. */
const GZIP = [0x1f, 0x8b];
const GZIP_FAST = 1;

/** A value as it crosses the bus and lies in the store: JSON, compressed when large. */
export function encodeBody(value: Json): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.length < COMPRESS_FROM_BYTES ? bytes : gzipSync(bytes, { level: GZIP_FAST });
}

/** No bytes are null. Throws a plain error for bytes that are no JSON, or too many. */
export function decodeBody(bytes: Uint8Array): Json {
  if (bytes.length === 0) return null;
  const isCompressed = bytes[0] === GZIP[0] && bytes[1] === GZIP[1];
  const plain = isCompressed ? gunzipSync(bytes, { maxOutputLength: BODY_MAX_BYTES }) : bytes;
  return JSON.parse(new TextDecoder().decode(plain)) as Json;
}
