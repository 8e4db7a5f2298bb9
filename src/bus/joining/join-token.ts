import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { refuse } from '../../domain/base/error.ts';
import { parsedJson } from '../../domain/base/json.ts';

/** All that a machine needs to find the cluster, be sure of it, and be let in. */
export interface JoinToken {
  /** The core's bus. */
  address: string;
  port: number;
  /** SHA-256 of the cluster's certificate authority: 64 lower-case hex digits. */
  fingerprint: string;
  clusterId: string;
  /** Private NKey of the token's join user. */
  seed: string;
  /** The token's id in the cluster document. */
  id: string;
  secret: string;
}

const PREFIX = 'kato1.';
const CHECKSUM_BYTES = 4;

const FIELDS = v.strictTuple([
  v.pipe(v.string(), v.ipv4()),
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/)),
  v.pipe(v.string(), v.regex(/^SU[A-Z2-7]{56}$/)),
  v.pipe(v.string(), v.nonEmpty()),
  v.pipe(v.string(), v.nonEmpty()),
]);

/** One word without characters that a shell or a chat would change. */
export function encodeJoinToken(token: JoinToken): string {
  const { address, port, fingerprint, clusterId, seed, id, secret } = token;
  const fields = [address, port, fingerprint, clusterId, seed, id, secret];
  const bytes = Buffer.from(JSON.stringify(fields));
  return PREFIX + Buffer.concat([checksum(bytes), bytes]).toString('base64url');
}

/** TOKEN_MALFORMED for anything but a whole token. Space around it is allowed. */
export function decodeJoinToken(text: string): JoinToken {
  const word = text.trim();
  if (!word.startsWith(PREFIX)) throw malformed(`a token starts with '${PREFIX}'`);
  const packed = Buffer.from(word.slice(PREFIX.length), 'base64url');
  const bytes = packed.subarray(CHECKSUM_BYTES);
  if (!checksum(bytes).equals(packed.subarray(0, CHECKSUM_BYTES))) {
    throw malformed('a part of it is missing or changed');
  }
  const fields = v.safeParse(FIELDS, parsedJson(bytes.toString()));
  if (!fields.success) throw malformed('it was made by another version of kato');
  const [address, port, fingerprint, clusterId, seed, id, secret] = fields.output;
  return { address, port, fingerprint, clusterId, seed, id, secret };
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES);
}

function malformed(why: string) {
  return refuse(
    'TOKEN_MALFORMED',
    'this is not a join token',
    why,
    "copy the whole line that 'kato token create' printed, or make a new token",
  );
}
