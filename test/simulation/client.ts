import assert from 'node:assert/strict';
import type { Performed } from '../../src/controller/state/changes.ts';
import { KatoError } from '../../src/domain/base/error.ts';
import { roleSwitch } from '../../src/operations/roles.ts';
import { routeAdd, routeRemove } from '../../src/operations/routes.ts';
import type { SimulatedBus } from './bus.ts';
import type { Request, SimulatedController } from './controller.ts';
import type { Chance, Clock } from './time.ts';

const ANSWER_MS = 3000;
const SHARED = 'shared.example.com';
const BACKENDS = ['10.0.0.200:80'];

/** What somebody asked for, and what came of it. */
export interface Wish {
  request: Request;
  /** Whether the route that all quarrel about was there, at any time while this was asked. */
  seen: Set<boolean>;
  outcome: Performed | KatoError | null;
}

export interface Client {
  readonly wishes: Wish[];
  /** Asks for something, again and again under the same id until somebody answers. */
  wish(): void;
}

export function createClient(
  controllers: readonly SimulatedController[],
  clock: Clock,
  chance: Chance,
): Client {
  const wishes: Wish[] = [];
  return {
    wishes,
    wish: () => {
      const wish: Wish = { request: requestOf(wishes.length), seen: new Set(), outcome: null };
      wishes.push(wish);
      attempt(wish);
    },
  };

  function requestOf(number: number): Request {
    const id = `op-${number}`;
    const shared = { route: SHARED, backends: BACKENDS };
    return chance.pick<Request>([
      { id, operation: roleSwitch, params: { node: 'db', roles: ['redis'], to: 'restart' } },
      {
        id,
        operation: routeAdd,
        params: { route: `${id}.example.com`, backends: BACKENDS, sticky: false },
      },
      { id, operation: routeAdd, params: { ...shared, sticky: false } },
      { id, operation: routeRemove, params: shared },
    ]);
  }

  /** Queue groups choose any controller that is connected, frozen or not. */
  function attempt(wish: Wish): void {
    if (wish.outcome !== null) return;
    const controller = chance.pick(controllers);
    const { member } = controller;
    const answer = (outcome: Performed | KatoError): void =>
      member.send(() => {
        wish.outcome ??= outcome;
      });
    member.receive(() => {
      if (!controller.ready) return;
      controller.perform(wish.request).then(answer, (error: unknown) => {
        if (error instanceof KatoError) answer(error);
      });
    });
    clock.after(ANSWER_MS, () => attempt(wish));
  }
}

/** What everybody may rely on once a change was acknowledged. */
export function checkWishes({ wishes }: Client, bus: SimulatedBus): void {
  const { routes, operations, nodes } = bus.cluster.value;
  const times = (id: string): number => operations.filter((one) => one.id === id).length;
  let restarts = 0;
  for (const { request, outcome, seen } of wishes) {
    const { id, operation, params } = request;
    assert.ok(outcome !== null, `${id} was never answered`);
    const isShared = (params as { route?: string }).route === SHARED;
    if (operation === roleSwitch) restarts++;
    if (!isShared) {
      assert.ok(!(outcome instanceof KatoError), `${id} was refused`);
      assert.equal(times(id), 1, `${id} is not once in the document`);
      if (operation === routeAdd) assert.ok(`${id}.example.com` in routes, `${id} left nothing`);
    } else if (times(id) === 0) {
      // It changed nothing, so it said "already so" or "there is none".
      assert.ok(seen.has(operation === routeAdd), `${id} was told what never was so`);
    }
  }
  assert.equal(nodes.db!.restarts.redis ?? 0, restarts, 'a restart was lost, or done twice');
  assert.equal(bus.cluster.value.revision, 1 + operations.length);
}

/** To be called after each event: what was so while somebody waited. */
export function observeShared({ wishes }: Client, bus: SimulatedBus): void {
  const isThere = SHARED in bus.cluster.value.routes;
  for (const wish of wishes) if (wish.outcome === null) wish.seen.add(isThere);
}
