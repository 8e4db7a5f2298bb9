import { basename, dirname } from 'node:path';
import type { Paths } from '../../domain/making/paths.ts';
import { OLDER } from '../../domain/making/s6/service-folder.ts';
import { serviceOf } from '../s6/service.ts';

/** The service name of the agent itself: never planned, never rogue. */
export const AGENT = 'agent';

/** Holds `<hash>/` folders and the links `current` (what should be) and `loaded` (what runs). */
export function configOf(process: string, paths: Paths): string {
  return `${paths.config}/${process}`;
}

/** The number of the last restart that was asked for and done. */
export function restartsFile(process: string, paths: Paths): string {
  return `${serviceOf(process, paths)}/restarts`;
}

/** See `OLDER`. */
export function olderMark(process: string, paths: Paths): string {
  return `${serviceOf(process, paths)}/${OLDER}`;
}

/** Beside a data folder of kato 0.1.0: the hash of the secrets that the data was given last. */
export function oldSecretsMark(folder: string): string {
  return `${dirname(folder)}/.${basename(folder)}.secrets`;
}

/** Beside a data folder while it is being initialized: what is in that very folder is worth nothing. */
export function firstRunMark(folder: string): string {
  return `${dirname(folder)}/.${basename(folder)}.initializing`;
}
