import type { Bus, Message } from '../../bus/bus.ts';
import { all } from '../../bus/subjects.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { Live } from '../state/live.ts';
import type { Intake } from './intake.ts';

/** The bus lets a connection hear so much; further admins are heard with the other nodes. */
const HEARD_MAX = 24;
/** Of the controllers one answers each request of an admin. */
const QUEUE = 'ctl-admins';

/**
 * Hears admins on a connection where nothing that others say is in front of them: what floods in on
 * another one does not delay the person who can end it.
 */
export function hearAdmins(options: {
  bus: Bus;
  live: Live;
  intake: Intake;
  answer: (message: Message) => Promise<Json>;
}): { hears(id: string): boolean } {
  const { bus, live, answer } = options;
  const { admit, answered } = options.intake;
  const stops = new Map<string, () => void>();
  const heard = new Set<string>();
  live.on('document', follow);
  follow();
  return { hears: (id) => heard.has(id) && bus.connected };

  function follow(): void {
    const nodes = live.document?.cluster.nodes ?? {};
    for (const [id, stop] of stops) {
      if (nodes[id]?.admin === true) continue;
      stop();
      stops.delete(id);
      heard.delete(id);
    }
    for (const { id, admin } of Object.values(nodes)) {
      if (admin && !stops.has(id) && stops.size < HEARD_MAX) hear(id);
    }
  }

  /** Others are to leave them alone only when the bus has said that they are heard here. */
  function hear(id: string): void {
    stops.set(id, bus.respond(all.opsOf(id), answer, { queue: QUEUE, admit, answered }));
    bus.rtt().then(
      () => {
        if (stops.has(id)) heard.add(id);
      },
      () => {
        stops.get(id)?.();
        stops.delete(id);
      },
    );
  }
}
