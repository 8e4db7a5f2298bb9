import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256 } from '../../domain/base/hash.ts';
import { isObject, parsedJson } from '../../domain/base/json.ts';
import { exists, readIfExists, syncFolder, writeFileAtomic } from './files.ts';

/** Of damaged files: enough to see what happens, not enough to fill a disk. */
const ASIDE_MAX = 5;

/** For root alone. Whoever reads it knows whether it is what was written. */
export async function writeKept(file: string, value: object): Promise<void> {
  await writeJson(file, { ...value, digest: digestOf(value) });
}

/** The contents of such a file; null if it is damaged. kato 0.1.0 wrote no digest. */
export function keptIn<T extends object>(text: string): T | null {
  const { digest, ...value } = parsed<T & { digest?: string }>(text) ?? { digest: '' };
  return digest === undefined || digest === digestOf(value) ? (value as T) : null;
}

/** Null without a file; one that is damaged goes aside, where `aside` says. */
export async function takeKept<T extends object>(
  file: string,
): Promise<{ value: T | null; aside: string | null }> {
  const text = await readIfExists(file);
  const value = text === null ? null : keptIn<T>(text);
  const isDamaged = text !== null && value === null;
  return { value, aside: isDamaged ? await moveAside(file) : null };
}

/** The first ones are kept; the last name is taken again. */
export async function moveAside(file: string): Promise<string> {
  for (let number = 1; ; number++) {
    const aside = `${file}.damaged-${number}`;
    if (number < ASIDE_MAX && (await exists(aside))) continue;
    await rename(file, aside);
    await syncFolder(dirname(file));
    return aside;
  }
}

/** The text of what was read is the text of what was written: JSON keeps the order of keys. */
export function digestOf(value: object): string {
  return sha256(JSON.stringify(value));
}

export function parsed<T extends object>(text: string): Partial<T> | null {
  const value = parsedJson(text);
  return isObject(value) ? (value as Partial<T>) : null;
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
}
