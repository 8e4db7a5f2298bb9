import { basename, dirname } from 'node:path';
import type { Paths } from '../domain/paths.ts';
import { serviceOf } from './service.ts';

/** Holds `<hash>/` folders and the links `current` (what should be) and `loaded` (what runs). */
export function configOf(process: string, paths: Paths): string {
  return `${paths.config}/${process}`;
}

/** The number of the last restart that was asked for and done. */
export function restartsFile(process: string, paths: Paths): string {
  return `${serviceOf(process, paths)}/restarts`;
}

/** Beside a data folder while it is being initialized: what is in the folder is worth nothing. */
export function initializingMark(folder: string): string {
  return `${dirname(folder)}/.${basename(folder)}.initializing`;
}
