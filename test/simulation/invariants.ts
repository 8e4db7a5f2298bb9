import assert from 'node:assert/strict';
import { parseSubject } from '../../src/bus/subjects.ts';
import { hashOf } from '../../src/domain/base/hash.ts';
import type { Cluster } from '../../src/domain/document/cluster.ts';
import { settingsOf } from '../../src/domain/document/settings.ts';
import { timingOf } from '../../src/domain/nodes/liveness.ts';
import { NO_VERDICTS, type Verdicts } from '../../src/domain/nodes/verdicts.ts';
import { withoutWantedSince } from '../../src/domain/roles/wanted-since.ts';
import { heldBack } from '../../src/domain/rolls/rolls.ts';
import { poolsOf } from '../../src/domain/traffic/pools.ts';
import { catalogue, NOW } from '../support/clusters.ts';
import { ROLLED } from './client.ts';
import type { SimulatedController } from './controller.ts';
import type { Server, Watched } from './server.ts';
import type { Time } from './time.ts';

const MINUTE_MS = 60_000;
/** A controller that missed so much cannot tell who is silent. */
const DEAF_MS = 5000;
/** So soon a node that beats is alive again, as long as one controller is well. */
const AGAIN_MS = 5000;
const BEATS_KEPT = 100;

export interface Invariants extends Watched {
  /** To be called after each event. */
  observe(server: Server, controllers: readonly SimulatedController[]): void;
}

/** Checks every write on the bus and every moment; the first broken rule ends the run. */
export function invariantsOf(time: Time): Invariants {
  const beats = new Map<string, number[]>();
  const wellSinceMs = new Map<string, number>();
  const unwellSinceMs = new Map<string, number>();
  const recoveredMs = new Map<string, number>();

  return {
    said: (subject) => {
      const said = parseSubject(subject);
      if (said?.kind !== 'heartbeat') return;
      beats.set(said.who, [...(beats.get(said.who) ?? []).slice(-BEATS_KEPT), time.nowMs]);
    },
    cluster: (before, after) => {
      chained(before, after);
      oneByOne(before, after);
    },
    verdicts: (before, after, cluster, { by, heardMs }) => {
      const { considerDeadMs, considerInactiveMs } = timingOf(cluster);
      const lastBeat = (node: string): number =>
        (beats.get(node) ?? []).findLast((ms) => ms <= heardMs) ?? Number.NEGATIVE_INFINITY;
      for (const node of newlyDead(before ?? NO_VERDICTS, after)) {
        const silentMs = heardMs - lastBeat(node);
        assert.ok(silentMs >= considerDeadMs, `${node} is dead, and beats`);
        const listenedMs = heardMs - (recoveredMs.get(by) ?? 0);
        assert.ok(listenedMs >= considerInactiveMs, `${by} was deaf, and calls ${node} dead`);
      }
      braked(cluster, after, time.nowMs, before);
    },
    observe: (server, controllers) => {
      for (const { name, member } of controllers) follow(name, member.well);
      const someoneWell = [...wellSinceMs.values()].some((ms) => time.nowMs - ms > AGAIN_MS);
      if (!someoneWell) return;
      for (const [node, { state }] of Object.entries(server.verdicts.value?.silent ?? {})) {
        assert.ok(state !== 'dead' || !isLively(node), `${node} beats and beats, and is dead`);
      }
    },
  };

  function follow(name: string, well: boolean): void {
    const sinceMs = unwellSinceMs.get(name);
    if (!well) {
      wellSinceMs.delete(name);
      unwellSinceMs.set(name, sinceMs ?? time.nowMs);
    } else if (!wellSinceMs.has(name)) {
      wellSinceMs.set(name, time.nowMs);
      unwellSinceMs.delete(name);
      if (sinceMs !== undefined && time.nowMs - sinceMs > DEAF_MS) {
        recoveredMs.set(name, time.nowMs);
      }
    }
  }

  function isLively(node: string): boolean {
    const late = (beats.get(node) ?? []).filter((ms) => ms > time.nowMs - AGAIN_MS);
    return late.length > 1 && late[0]! < time.nowMs - AGAIN_MS / 2;
  }
}

function chained(before: Cluster, after: Cluster): void {
  assert.equal(after.revision, before.revision + 1, 'revisions have a gap');
  assert.equal(after.previousHash, hashOf(before), 'the chain of documents is broken');
  const known = before.operations.map((operation) => operation.id);
  const { id } = after.operations.at(-1)!;
  assert.ok(!known.includes(id), `${id} happened twice`);
}

/** As long as a setting is on its way, and when it begins, no two nodes get another value at once. */
function oneByOne(before: Cluster, after: Cluster): void {
  const { component, key } = ROLLED;
  if (after.rolls?.[component] === undefined) return;
  const valueOn = (cluster: Cluster, id: string) =>
    heldBack(cluster, component, id)[key] ?? settingsOf(cluster, catalogue, component)[key];
  const changed = Object.values(after.nodes).filter(
    ({ id, roles }) => component in roles && valueOn(before, id) !== valueOn(after, id),
  );
  assert.ok(changed.length <= 1, `${changed.map(({ id }) => id)} got a setting at once`);
}

function newlyDead(before: Verdicts, after: Verdicts): string[] {
  const isDead = (verdicts: Verdicts, id: string): boolean => verdicts.silent[id]?.state === 'dead';
  return Object.keys(after.silent).filter((id) => isDead(after, id) && !isDead(before, id));
}

function braked(
  cluster: Cluster,
  verdicts: Verdicts,
  nowMs: number,
  before: Verdicts | null,
): void {
  // Whoever may be a member: who is ready is another matter.
  const all = { ...cluster, nodes: withoutWantedSince(cluster) };
  const pools = poolsOf(all, catalogue, [], NO_VERDICTS);
  const outages = Object.entries(verdicts.outages);
  for (const { name, kind, members } of pools) {
    const key = kind === 'route' ? `route ${name}` : name;
    const out = outages.find(([pool]) => pool === key)?.[1] ?? {};
    const count = Object.keys(out).length;
    // A person may have stopped those that it had left in.
    const isNew = Object.keys(out).some((address) => !(address in (before?.outages[key] ?? {})));
    if (!isNew) continue;
    assert.ok(count < members.length, `liveness emptied the pool ${name}`);
    const recent = Object.values(out).filter(
      (since) => Date.parse(NOW) + nowMs - Date.parse(since) < MINUTE_MS,
    );
    const most = members.length / 2;
    assert.ok(recent.length <= most, `${recent.length} of ${members.length} left ${name} at once`);
  }
}
