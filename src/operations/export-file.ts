import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { close, KEY_BYTES, NONCE_BYTES, open, TAG_BYTES } from '../bus/aead.ts';
import { KatoError, refuse } from '../domain/base/error.ts';
import type { SavedState } from '../domain/document/restore.ts';

/**
 * A saved state in a file: one line that names the form, then salt, nonce, tag and content in
 * base64. AES-256-GCM with a key by scrypt: a changed or cut-off file does not open.
 */
const HEADER = 'kato-export-1';
const SALT_BYTES = 16;
/** About 0.1 s and 64 MB for each guess at the passphrase. */
const COST = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 2 ** 20 };
export const PASSPHRASE_MIN = 8;

/** What a passphrase comes to: opens what it sealed, and nothing that was sealed with another salt. */
export interface ExportKey {
  salt: Buffer;
  key: Buffer;
}

/** A new one each time. BAD_VALUE for a passphrase that is too short. */
export async function exportKeyOf(passphrase: string): Promise<ExportKey> {
  if (passphrase.length < PASSPHRASE_MIN) {
    throw refuse('BAD_VALUE', `the passphrase needs at least ${PASSPHRASE_MIN} characters`);
  }
  const salt = randomBytes(SALT_BYTES);
  return { salt, key: await keyOf(passphrase, salt) };
}

export function sealState(state: SavedState, { salt, key }: ExportKey): string {
  const { nonce, tag, content } = close(key, HEADER, JSON.stringify(state));
  const body = Buffer.concat([salt, nonce, tag, content]);
  return `${HEADER}\n${body.toString('base64')}\n`;
}

/** As the secret that lets controllers seal without the passphrase. */
export function exportKeyText({ salt, key }: ExportKey): string {
  return Buffer.concat([salt, key]).toString('base64');
}

export function exportKeyFrom(text: string): ExportKey {
  const bytes = Buffer.from(text, 'base64');
  return { salt: bytes.subarray(0, SALT_BYTES), key: bytes.subarray(SALT_BYTES) };
}

export function isExport(text: string): boolean {
  return text.startsWith(`${HEADER}\n`);
}

/**
 * BAD_FILE for a file that is not an export: noticed before anybody is asked for its passphrase.
 */
export function checkExport(text: string): void {
  if (isExport(text)) return;
  throw refuse(
    'BAD_FILE',
    'this is not a kato export',
    `its first line is not ${HEADER}`,
    'kato data export --cluster FILE makes one',
  );
}

/** BAD_FILE for anything but a whole export opened with its own passphrase. */
export async function openState(text: string, passphrase: string): Promise<SavedState> {
  checkExport(text);
  const [, base64 = ''] = text.split('\n');
  const body = Buffer.from(base64, 'base64');
  const part = (from: number, length?: number): Buffer =>
    body.subarray(from, length === undefined ? undefined : from + length);
  const salt = part(0, SALT_BYTES);
  const nonce = part(SALT_BYTES, NONCE_BYTES);
  const tag = part(SALT_BYTES + NONCE_BYTES, TAG_BYTES);
  try {
    const key = await keyOf(passphrase, salt);
    const content = part(SALT_BYTES + NONCE_BYTES + TAG_BYTES);
    return JSON.parse(open(key, HEADER, { nonce, tag, content })) as SavedState;
  } catch (cause) {
    throw new KatoError(
      {
        code: 'BAD_FILE',
        message: 'the export does not open',
        why: 'the passphrase is wrong, or the file was changed or cut short',
      },
      { cause },
    );
  }
}

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return derive(passphrase, salt, KEY_BYTES, COST);
}
