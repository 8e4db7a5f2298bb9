import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourcesOf } from '../../catalog/sources.ts';
import type { Catalogue, RoleDefinition } from '../../domain/roles/role.ts';
import type { Host } from '../../operations/local/host.ts';
import { bundled } from './bundled.ts';

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

/** A catalogue that was read and checked, with what it was made of. */
export interface BundledCatalogue {
  sources: string;
  roles: [string, RoleDefinition][];
  groups: [string, string[]][];
}

/** Name of the catalogue beside the bundle. */
export const CATALOGUE = 'catalogue.json';

/** The roles of this installation: read and checked again if they are not those of the bundle. */
export async function ownCatalogue(): Promise<Catalogue> {
  const folder = home();
  const made = bundled<BundledCatalogue>(CATALOGUE);
  if (made !== null && made.sources === sourcesOf(folder)) {
    return { roles: new Map(made.roles), groups: new Map(made.groups) };
  }
  const { loadCatalogue } = await import('../../catalog/load.ts');
  return loadCatalogue(folder);
}

/** This machine with this kato, for commands that work without an agent. */
export async function ownHost(): Promise<Host> {
  const { hostAt } = await import('../../operations/local/host.ts');
  const kato = { program: join(home(), 'bin/kato'), version: ownVersion() };
  return hostAt(process.env.KATO_ROOT ?? '/', await ownCatalogue(), kato);
}
