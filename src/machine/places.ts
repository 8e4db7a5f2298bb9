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

/**
 * In a service folder whose running program was started by older files. It counts as one of
 * the files, so that the folder is not what a spec wants until the program was started anew.
 */
export function olderMark(process: string, paths: Paths): string {
  return `${serviceOf(process, paths)}/older`;
}

/** Beside a data folder: the hash of the secrets that the data was given last. */
export function secretsMark(folder: string): string {
  return `${dirname(folder)}/.${basename(folder)}.secrets`;
}

/** Beside a data folder while it is being initialized: what is in the folder is worth nothing. */
export function initializingMark(folder: string): string {
  return `${dirname(folder)}/.${basename(folder)}.initializing`;
}
