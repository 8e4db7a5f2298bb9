import assert from 'node:assert/strict';
import { op } from '../../src/bus/subjects.ts';
import type { Performed } from '../../src/controller/state/changes.ts';
import { KatoError } from '../../src/domain/base/error.ts';
import type { ErrorCode } from '../../src/domain/base/error-codes.ts';
import type { Json } from '../../src/domain/document/cluster.ts';
import type { Change } from '../../src/operations/operation.ts';
import { roleSwitch } from '../../src/operations/roles.ts';
import { routeAdd, routeRemove } from '../../src/operations/routes.ts';
import { configSet } from '../../src/operations/settings.ts';
import { type Connection, connectTo } from './connection.ts';
import { createMember, type Member } from './member.ts';
import type { Server } from './server.ts';
import type { Chance, Time } from './time.ts';

const ANSWER_MS = 3000;
const AGAIN_MS = 500;
/** Somebody may have done it all the same: the same is asked for again. */
const AGAIN: readonly ErrorCode[] = ['BUS_AWAY', 'CONTROLLER_AWAY', 'TIMEOUT', 'BUSY'];
const SHARED = 'shared.example.com';
const BACKENDS = ['10.0.0.200:80'];
/** A setting that goes from node to node. */
export const ROLLED = { component: 'router', key: 'max_client_requests' };
const VALUES = [1000, 2000, 3000];

export interface Request {
  id: string;
  operation: Change;
  params: unknown;
}

/** What somebody asked for, and what came of it. */
export interface Wish {
  request: Request;
  /** Whether the route that all quarrel about was there, at any time while this was asked. */
  seen: Set<boolean>;
  outcome: Performed | KatoError | null;
}

export interface Client {
  readonly member: Member;
  readonly wishes: Wish[];
  /** Asks for something, again and again under the same id until somebody answers. */
  wish(): void;
}

/** Somebody who types on the core. */
export function createClient({
  server,
  time,
  chance,
}: {
  server: Server;
  time: Time;
  chance: Chance;
}): Client {
  const wishes: Wish[] = [];
  let connection: Connection;
  const member = createMember({
    ...{ name: 'client', time, chance },
    busIsUp: () => server.up,
    onConnect: (again) => {
      if (!again) connection = connectTo(server, member, 'core');
    },
  });
  server.members.push(member);
  return {
    member,
    wishes,
    wish: () => {
      const wish: Wish = { request: requestOf(wishes.length), seen: new Set(), outcome: null };
      wishes.push(wish);
      void attempt(wish);
    },
  };

  function requestOf(number: number): Request {
    const id = `op-${number}`;
    const shared = { route: SHARED, backends: BACKENDS };
    return chance.pick<Request>([
      { id, operation: roleSwitch, params: { node: 'db', roles: ['redis'], to: 'restart' } },
      ...(['stop', 'start'] as const).map((to) => {
        const params = { node: 'web', roles: ['router'], to, force: true };
        return { id, operation: roleSwitch, params };
      }),
      {
        id,
        operation: routeAdd,
        params: { route: `${id}.example.com`, backends: BACKENDS, sticky: false },
      },
      { id, operation: routeAdd, params: { ...shared, sticky: false } },
      { id, operation: routeRemove, params: shared },
      { id, operation: configSet, params: { ...ROLLED, act: 'set', value: chance.pick(VALUES) } },
    ]);
  }

  async function attempt(wish: Wish): Promise<void> {
    const { id, operation, params } = wish.request;
    const body = { id, params } as unknown as Json;
    const subject = op('core', operation.name);
    try {
      const answer = await connection.request(subject, body, { timeoutMs: ANSWER_MS });
      wish.outcome = answer as unknown as Performed;
    } catch (error) {
      const isOver = error instanceof KatoError && !AGAIN.includes(error.code);
      if (isOver) wish.outcome = error;
      else member.later(AGAIN_MS, () => void attempt(wish));
    }
  }
}

/** What everybody may rely on once a change was acknowledged. */
export function checkWishes({ wishes }: Client, server: Server): void {
  const { routes, operations, nodes, revision } = server.cluster.value;
  const times = (id: string): number => operations.filter((one) => one.id === id).length;
  let restarts = 0;
  for (const { request, outcome, seen } of wishes) {
    const { id, operation, params } = request;
    assert.ok(outcome !== null, `${id} was never answered`);
    const isShared = (params as { route?: string }).route === SHARED;
    const { to } = params as { to?: string };
    if (to === 'restart') restarts++;
    if (operation === configSet) {
      const isRefused = outcome instanceof KatoError;
      assert.ok(!isRefused || outcome.code === 'CONFLICT', `${id} was refused: ${outcome}`);
      assert.ok(times(id) <= (isRefused ? 0 : 1), `${id} is in the document, and was refused`);
    } else if (to === 'stop' || to === 'start') {
      assert.ok(!(outcome instanceof KatoError), `${id} was refused: ${outcome}`);
      assert.ok(times(id) <= 1, `${id} is twice in the document`);
    } else if (!isShared) {
      assert.ok(!(outcome instanceof KatoError), `${id} was refused: ${outcome}`);
      assert.equal(times(id), 1, `${id} is not once in the document`);
      if (operation === routeAdd) assert.ok(`${id}.example.com` in routes, `${id} left nothing`);
    } else if (times(id) === 0) {
      // It changed nothing, so it said "already so" or "there is none".
      assert.ok(seen.has(operation === routeAdd), `${id} was told what never was so`);
    }
  }
  assert.equal(nodes.db!.restarts.redis ?? 0, restarts, 'a restart was lost, or done twice');
  assert.equal(revision, 1 + operations.length);
  assert.deepEqual(server.cluster.value.rolls ?? {}, {}, 'a setting is on its way for ever');
}

/** To be called after each event: what was so while somebody waited. */
export function observeShared({ wishes }: Client, server: Server): void {
  const isThere = SHARED in server.cluster.value.routes;
  for (const wish of wishes) if (wish.outcome === null) wish.seen.add(isThere);
}
