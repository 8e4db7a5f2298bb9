import { accepts } from '../../src/domain/document/acceptance.ts';
import { timingOf } from '../../src/domain/nodes/liveness.ts';
import type { Version, View } from '../../src/domain/views/view.ts';
import type { SimulatedBus } from './bus.ts';
import type { SimulatedController } from './controller.ts';
import { createMember, type Member } from './member.ts';
import type { Chance, Clock } from './time.ts';

const VIEW_MS = 2000;
/** How often it asks for its view here, where nobody wakes it. */
const LOOK_EVERY_MS = 5000;

export interface SimulatedNode {
  id: string;
  member: Member;
  /** The newest that it acted on, over all its lives: the ledger is on disk. */
  readonly version: Version | null;
}

/** An agent: it beats, and fetches its view from any controller. */
export function createNode(
  id: string,
  bus: SimulatedBus,
  controllers: readonly SimulatedController[],
  clock: Clock,
  chance: Chance,
): SimulatedNode {
  let version: Version | null = null;
  const member = createMember({
    clock,
    chance,
    busIsUp: () => bus.up,
    onConnect: (again) => {
      if (again) return;
      beat();
      look();
    },
  });
  bus.members.push(member);
  return {
    id,
    member,
    get version() {
      return version;
    },
  };

  function beat(): void {
    member.send(() => bus.beat(id, version?.revision ?? 0));
    member.later(timingOf(bus.cluster.value).intervalMs, beat);
  }

  function look(): void {
    const controller = chance.pick(controllers);
    let answered = false;
    member.send(() =>
      controller.member.receive(() => {
        const view = controller.view(id);
        if (view === null) return;
        controller.member.send(() => member.receive(() => take(view)));
      }),
    );
    member.later(VIEW_MS, () => {
      answered = true;
    });
    member.later(LOOK_EVERY_MS, look);

    function take(view: View): void {
      if (answered) return;
      if (version === null || accepts(version, view.version)) version = view.version;
    }
  }
}
