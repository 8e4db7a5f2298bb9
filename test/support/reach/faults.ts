import { hashOf } from '../../../src/domain/base/hash.ts';
import type { Cluster, Token } from '../../../src/domain/document/cluster.ts';
import { OPERATIONS } from '../../../src/operations/index.ts';
import { seenOf } from './seen.ts';
import { nextOf, type Operations } from './tries.ts';
import { clusterOf, DEAD, MINE } from './world.ts';

/** One machine has joined, then whatever it may do, then whatever it may do after that. */
const STEPS_MAX = 3;

/**
 * What somebody who holds the token comes to that he should not: he does everything that he can, then
 * everything that he can then, and so on. It ends with the first step that opens something.
 */
export async function faultsOf(token: Token, operations: Operations = OPERATIONS) {
  const before = clusterOf(token);
  const found = new Map([[keyOf(before), before]]);
  const faults = new Set<string>();
  let last = [before];
  for (let step = 0; step < STEPS_MAX && faults.size === 0; step++) {
    const fresh: Cluster[] = [];
    for (const cluster of last) {
      for (const next of await nextOf(cluster, operations)) {
        const key = keyOf(next);
        if (found.has(key)) continue;
        found.set(key, next);
        fresh.push(next);
        const changed = changedOfOthers(before, next, token);
        for (const fault of [...changed, ...(await seenOf(next, operations))]) faults.add(fault);
      }
    }
    last = fresh;
  }
  found.delete(keyOf(before));
  return { faults: [...faults], states: [...found.values()] };
}

/** What it is but for how often it was changed. */
function keyOf({ revision: _revision, operations: _operations, ...cluster }: Cluster): string {
  return hashOf(cluster);
}

/** Everything but his nodes, the uses of his token, and a dead node whose place the token gives. */
function changedOfOthers(before: Cluster, after: Cluster, token: Token): string[] {
  const wanted = others(before);
  const allowed = token.roles === null || token.roles.includes('memcached');
  if (allowed && isMine(after.former[DEAD]?.replacedBy)) {
    delete wanted.nodes[DEAD];
    wanted.former = { [DEAD]: after.former[DEAD]! };
  }
  const now = others(after);
  return (Object.keys({ ...wanted, ...now }) as (keyof typeof now)[])
    .filter((part) => hashOf(wanted[part] ?? null) !== hashOf(now[part] ?? null))
    .map((part) => `${part} of others changed`);
}

function others({ revision: _revision, operations: _operations, ...cluster }: Cluster) {
  const { nodes, former, tokens, ...rest } = cluster;
  const { t1, ...otherTokens } = tokens;
  const { usesLeft: _left, ...own } = t1!;
  return { ...rest, nodes: withoutMine(nodes), former: withoutMine(former), otherTokens, own };
}

function withoutMine<One>(all: Record<string, One>): Record<string, One> {
  return Object.fromEntries(Object.entries(all).filter(([id]) => !isMine(id)));
}

function isMine(id: string | undefined): boolean {
  return MINE.some((own) => own === id);
}
