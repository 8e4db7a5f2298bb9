/** An NKey is 35 bytes in base32: one of prefix, 32 of an ed25519 key, two of checksum. */
const LENGTH = 56;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS = 5;
/** Of a user's public key: what makes its text start with `U`. */
const USER_PREFIX = 20 << 3;
const KEY_END = 33;
/** The two bytes in front of a user's seed: what makes its text start with `SU`. */
const SEED_PREFIX = [149, 0];

/**
 * Whether the bus takes it for the public key of a user. It refuses the whole list of users for the sake
 * of one key whose checksum is wrong.
 */
export function isUserKey(text: string): boolean {
  const bytes = bytesOf(text);
  if (bytes === null || bytes[0] !== USER_PREFIX) return false;
  const checksum = bytes[KEY_END]! | (bytes[KEY_END + 1]! << 8);
  return checksum === crc16(bytes.subarray(0, KEY_END));
}

/** The 32 bytes of the ed25519 key in a valid NKey. */
export function rawKeyOf(key: string): Uint8Array {
  return bytesOf(key)!.subarray(1, KEY_END);
}

/** The seed of a user as text, of the 32 bytes of an ed25519 private key. */
export function userSeedOf(raw: Uint8Array): string {
  const bytes = [...SEED_PREFIX, ...raw];
  const checksum = crc16(Uint8Array.from(bytes));
  return base32([...bytes, checksum & 0xff, checksum >> 8]);
}

function base32(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g) ?? [];
  return digits.map((digit) => BASE32[Number.parseInt(digit.padEnd(BITS, '0'), 2)]).join('');
}

function bytesOf(text: string): Uint8Array | null {
  if (text.length !== LENGTH) return null;
  const bytes = new Uint8Array((LENGTH * BITS) / 8);
  let value = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    const digit = BASE32.indexOf(letter);
    if (digit < 0) return null;
    value = ((value << BITS) | digit) & 0xfff;
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (value >> bits) & 0xff;
  }
  return bytes;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
