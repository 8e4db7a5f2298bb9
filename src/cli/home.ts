import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../operations/local/host.ts';

/** Folder of this installation of kato: the one with `roles/`, above this file or bundle. */
export function home(): string {
  let folder: string = import.meta.dirname;
  while (!existsSync(join(folder, 'roles'))) folder = dirname(folder);
  return folder;
}

export function ownVersion(): string {
  const text = readFileSync(join(home(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** This machine with this kato, for commands that work without an agent. */
export async function ownHost(): Promise<Host> {
  const { loadCatalogue } = await import('../catalog/load.ts');
  const { hostAt } = await import('../operations/local/host.ts');
  const kato = { program: join(home(), 'bin/kato'), version: ownVersion() };
  return hostAt(process.env.KATO_ROOT ?? '/', loadCatalogue(home()), kato);
}
