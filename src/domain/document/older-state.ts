import { type KatoError, refuse } from '../base/error.ts';
import type { Version } from '../views/view.ts';

/** A version that was seen, and that the state on the bus does not go on from. */
export interface SeenBefore extends Version {
  /** There is no state on the bus at all. */
  lost?: boolean;
}

export const LOAD_AGAIN =
  'on the core: df -h /var/lib/kato/data; once there is room, kato node halt and kato node boot load it again';

/**
 * Why nothing is changed. Where no state is on the bus it may all be on its disk still: that comes first,
 * since a recovery puts another one in its place.
 */
export function olderState({ revision, lost }: SeenBefore): KatoError {
  if (lost !== true) {
    return refuse(
      'STATE_OLDER',
      `the state on the bus does not go on from revision ${revision}, which was reached before`,
      'it was replaced by an older copy or by another history, so nothing is changed',
      'kato node setup core --recover-from FILE, on the core',
    );
  }
  return refuse(
    'STATE_OLDER',
    `the bus has loaded no state, and revision ${revision} was reached before`,
    'its disk is full or damaged, or its data is elsewhere: nothing is changed',
    LOAD_AGAIN,
  );
}
