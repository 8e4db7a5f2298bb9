import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256-GCM: what is closed opens only whole, under the same key, and with the same words beside it. */
const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export interface Closed {
  nonce: Buffer;
  tag: Buffer;
  content: Buffer;
}

/** `beside` is not in it, and has to be said again to open it. */
export function close(key: Uint8Array, beside: string, text: string): Closed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(beside));
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { nonce, tag: cipher.getAuthTag(), content };
}

/** Throws for whatever was not closed so. */
export function open(key: Uint8Array, beside: string, { nonce, tag, content }: Closed): string {
  // Else it takes a shorter tag, too, which is easier to guess.
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(beside))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
}
