import type { Paths } from '../../domain/making/paths.ts';
import type { ObservedProcess } from '../../domain/making/spec.ts';
import { readIfExists } from './files.ts';
import { restartsFile } from './places.ts';

/** What of a wish the running program goes by: how often it was to be restarted, and what pools were told. */
export type StartedFor = Pick<ObservedProcess, 'restarts' | 'told'>;

/** Zeros of one that never ran; kato 0.1.0 wrote the first number alone. */
export async function startedFor(process: string, paths: Paths): Promise<StartedFor> {
  const record = await readIfExists(restartsFile(process, paths));
  const [restarts = 0, told = 0] = (record ?? '').trim().split(' ').map(Number);
  return { restarts, told };
}
