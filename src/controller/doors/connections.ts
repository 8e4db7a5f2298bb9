import type { BusPlace } from '../../bus/bus.ts';
import { watchConnections } from '../../bus/warden.ts';
import { ownerOf } from '../../domain/access/keys.ts';
import type { ControllerKeys } from '../../domain/views/view.ts';
import type { Live } from '../state/live.ts';
import type { Records } from '../state/records.ts';

/**
 * Connections of one identity. An agent has one, and another while an old one is being found dead; the
 * machines that join with one token have one each. Announcers have limits of their own on the bus.
 */
const HELD_MAX = { node: 8, former: 8, join: 500 };

/** Keeps everybody within these, and writes into the history who had more. */
export function limitConnections(
  bus: BusPlace & { seed: string },
  { live, keys, records }: { live: Live; keys: ControllerKeys; records: Records },
  signal: AbortSignal,
): Promise<void> {
  return watchConnections({ ...bus, maxOf, onEnded }, signal);

  function maxOf(key: string): number | null {
    const kind = owner(key)?.kind ?? '';
    return kind in HELD_MAX ? HELD_MAX[kind as keyof typeof HELD_MAX] : null;
  }

  function onEnded(key: string, count: number): void {
    const who = owner(key);
    if (who === null) return;
    const by = live.document?.cluster.nodes[who.id]?.name ?? who.id;
    const at = live.clock.at();
    records.refused({ at, by, operation: 'connect', params: null }, 'BUSY', who.id, count);
  }

  function owner(key: string) {
    return live.document === null ? null : ownerOf(live.document.cluster, key, keys);
  }
}
