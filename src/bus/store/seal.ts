import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type KatoError, refuse } from '../../domain/base/error.ts';

/** Seals what is on a disk, so that only somebody with the key can read or replace it. */
export interface Seal {
  close(name: string, text: string): string;
  /** FAILED for what was closed under another key or name, or altered since. */
  open(name: string, sealed: string): string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** With a key made from a secret that all who are to read have anyway. */
export function sealOf(secret: string): Seal {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'kato secrets', KEY_BYTES));
  return {
    close: (name, text) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(name));
      const closed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(closed).toString('base64');
    },
    open: (name, sealed) => {
      try {
        const bytes = Buffer.from(sealed, 'base64');
        const nonce = bytes.subarray(0, NONCE_BYTES);
        // Else it takes a shorter tag, too, which is easier to guess.
        const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(name))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
        return text + decipher.final('utf8');
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
