import { createPublicKey, verify } from 'node:crypto';
import { rawKeyOf } from '../../domain/access/nkey.ts';
import { signer } from '../identity.ts';

/** What the proof is for: of no use with another token or cluster. */
export interface JoinedBy {
  clusterId: string;
  tokenId: string;
}

/** Shows that a joiner has the private part of the key that it wants to be known by. */
export function proveKey(seed: string, by: JoinedBy): string {
  return signer(seed)(textOf(by));
}

/** `key` is a valid NKey. */
export function isKeyProven(key: string, proof: string, by: JoinedBy): boolean {
  const der = Buffer.concat([SPKI_ED25519, rawKeyOf(key)]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(textOf(by)), publicKey, Buffer.from(proof, 'base64url'));
}

const textOf = ({ clusterId, tokenId }: JoinedBy): string => `kato join ${clusterId} ${tokenId}`;

/** What RFC 8410 puts in front of the 32 bytes of an ed25519 public key. */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
