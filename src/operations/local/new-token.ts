import { randomBytes } from 'node:crypto';
import { createIdentity } from '../../bus/identity.ts';
import { fingerprintOf } from '../../bus/joining/fingerprint.ts';
import { encodeJoinToken } from '../../bus/joining/join-token.ts';
import { sha256 } from '../../domain/base/hash.ts';

/** Where the token leads its bearer. */
export interface TokenTarget {
  core: { address: string; port: number };
  clusterId: string;
  /** Certificate of the cluster's authority, PEM. */
  ca: string;
}

/** What the cluster learns about a new token (`params` of `token.create`), and the token itself. */
export interface NewToken {
  params: { id: string; secretHash: string; key: string };
  token: string;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 8;
const SECRET_BYTES = 32;

/** Makes the secret here, so that it never crosses the bus: the cluster learns a hash and a key. */
export function newToken({ core, clusterId, ca }: TokenTarget): NewToken {
  const id = Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join(
    '',
  );
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const { key, seed } = createIdentity();
  const fingerprint = fingerprintOf(ca);
  return {
    params: { id, secretHash: sha256(secret), key },
    token: encodeJoinToken({ ...core, fingerprint, clusterId, seed, id, secret }),
  };
}
