import * as v from 'valibot';
import type { Store } from '../../bus/store/store.ts';
import { isoTime, list, shaped, word } from '../../domain/base/shapes.ts';
import type { Json } from '../../domain/document/cluster.ts';
import {
  type Displaced,
  MACHINES_MAX,
  nextDisplaced,
  type Voices,
} from '../../domain/nodes/displaced.ts';
import { timingOf } from '../../domain/nodes/liveness.ts';
import { heardWithin, speakSideBySide } from '../../domain/nodes/speakers.ts';
import { documentOf, type Live } from '../state/live.ts';

/** In the bucket of what was observed, in front of a node's id. */
export const DISPLACED_KEY = 'displaced.';

const MACHINE = v.object({ address: word, machineId: word, instance: word, at: isoTime });

/** As it was stored; nothing for what is none. */
export function displacedOf(value: Json): readonly Displaced[] {
  return shaped(list(MACHINE, MACHINES_MAX), value).value ?? [];
}

/** Shares what a machine says of itself with the other controllers, where it is news. */
export async function takeDisplaced(
  live: Live,
  store: Store,
  nodeId: string,
  told: Displaced,
): Promise<void> {
  const next = nextDisplaced(live.displaced.get(nodeId) ?? [], told);
  if (next === null) return;
  live.displaced.set(nodeId, next);
  await store.putObserved(`${DISPLACED_KEY}${nodeId}`, next as unknown as Json);
}

/** Who spoke as a node within the time after which it would count as silent. */
export function voices(live: Live): (nodeId: string) => Voices {
  const { considerInactiveMs } = timingOf(documentOf(live).cluster);
  return (nodeId) => {
    const all = live.speakers.get(nodeId) ?? [];
    const heard = heardWithin(all, considerInactiveMs, live.clock.nowMs());
    const instances = heard.map(({ instance }) => instance);
    return { heard: instances, sideBySide: speakSideBySide(heard) };
  };
}
