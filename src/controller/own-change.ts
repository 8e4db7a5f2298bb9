import type { Change } from '../operations/operation.ts';
import type { Clock } from './clock.ts';
import type { Changes } from './state/changes.ts';

/** A change that controllers make of their own accord. What could not be written is seen again at the next look. */
export async function changeByItself(
  changes: Changes,
  clock: Clock,
  operation: Change,
  params: object,
): Promise<void> {
  const who = 'controller';
  const request = { operation, params, id: clock.newId(), by: null, who, asker: who };
  await changes.perform(request).catch(() => undefined);
}
