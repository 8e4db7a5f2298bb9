/** Any name as a key of the store: what a key may not hold becomes `=` and hex, byte by byte. */
export function keyOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_/-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

export function nameOf(key: string): string {
  return decodeURIComponent(key.replaceAll('=', '%'));
}
