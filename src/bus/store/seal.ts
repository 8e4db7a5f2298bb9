import { hkdfSync } from 'node:crypto';
import { type KatoError, refuse } from '../../domain/base/error.ts';
import { close, KEY_BYTES, NONCE_BYTES, open, TAG_BYTES } from '../aead.ts';

/** Seals what is on a disk, so that only somebody with the key can read or replace it. */
export interface Seal {
  close(name: string, text: string): string;
  /** FAILED for what was closed under another key or name, or altered since. */
  open(name: string, sealed: string): string;
}

/** With a key made from a secret that all who are to read have anyway. */
export function sealOf(secret: string): Seal {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'kato secrets', KEY_BYTES));
  return {
    close: (name, text) => {
      const { nonce, content, tag } = close(key, name, text);
      return Buffer.concat([nonce, content, tag]).toString('base64');
    },
    open: (name, sealed) => {
      try {
        const bytes = Buffer.from(sealed, 'base64');
        const nonce = bytes.subarray(0, NONCE_BYTES);
        const content = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
        return open(key, name, { nonce, content, tag: bytes.subarray(-TAG_BYTES) });
      } catch {
        throw unopenable(name);
      }
    },
  };
}

export function unopenable(name: string): KatoError {
  return refuse(
    'FAILED',
    `the secret ${name} on the bus cannot be opened`,
    'it was written by other controllers, or altered',
    'kato node setup core --recover-from FILE brings the secrets back',
  );
}
