import assert from 'node:assert/strict';
import type { Cluster } from '../../src/domain/document/cluster.ts';
import { clusterWith } from '../support/clusters.ts';
import { checkAgreement } from './agreement.ts';
import { checkWishes, createClient, observeShared } from './client.ts';
import { createController, KATO } from './controller.ts';
import { invariantsOf } from './invariants.ts';
import { createNode } from './node.ts';
import { createServer } from './server.ts';
import { type Chance, chanceOf, createTime } from './time.ts';

const TROUBLE_MS = 120_000;
/** Longer than everything that anybody waits for. */
const CALM_MS = 60_000;
/** In the last part of the calm there is nothing more to say: half a minute after the trouble all was read anew. */
const QUIET_MS = 25_000;
const FAULTS_MAX = 14;
const WISHES_MAX = 25;
const SECRETS = [
  'bus/ca',
  'bus/certificate',
  'bus/controller',
  'bus/key',
  'certificate/default',
  'node/db/redis/password',
];

/** One life of a cluster, the same for the same seed. Throws at the first broken rule. */
export async function runSeed(seed: number): Promise<{ events: number; faults: string[] }> {
  const chance = chanceOf(seed);
  const time = createTime();
  const invariants = invariantsOf(time);
  const server = createServer(clusterOf(chance), invariants, chance);
  for (const name of SECRETS) server.buckets.secrets.set(name, { value: name, entry: 1 });
  const world = { server, time, chance };
  const names = ['core', 'c2', 'c3'].slice(0, chance.between(1, 3));
  const controllers = names.map((name) => createController(name, world));
  const nodes = Object.keys(server.cluster.value.nodes).map((id) => createNode(id, world));
  const client = createClient(world);
  const members = [
    ...controllers.map(({ name, member }) => ({ label: `controller ${name}`, member })),
    ...nodes.map(({ id, member }) => ({ label: `node ${id}`, member })),
  ];
  const faults: string[] = [];
  let events = 0;

  client.member.start();
  for (const { member } of members) time.after(chance.between(0, 2000), member.start);
  const wishes = chance.between(5, WISHES_MAX);
  for (let i = 0; i < wishes; i++) time.after(chance.between(1000, TROUBLE_MS), client.wish);
  const count = chance.between(2, FAULTS_MAX);
  for (let i = 0; i < count; i++) time.after(chance.between(1000, TROUBLE_MS), trouble);
  try {
    let quiet: unknown;
    time.after(TROUBLE_MS + CALM_MS - QUIET_MS, () => {
      quiet = written();
    });
    await time.runUntil(TROUBLE_MS + CALM_MS, () => {
      events++;
      observeShared(client, server);
      invariants.observe(server, controllers);
    });
    assert.deepEqual(written(), quiet, 'there is work though all is calm');
    checkAgreement(server, controllers, nodes);
    checkWishes(client, server);
  } catch (cause) {
    const story = [`seed ${seed} breaks a rule at ${time.nowMs} ms`, ...faults];
    throw new Error(story.join('\n'), { cause });
  }
  return { events, faults };

  /** Something breaks, and is whole again before the calm. */
  function trouble(): void {
    const leftMs = TROUBLE_MS - time.nowMs;
    const lastsMs = Math.min(leftMs, chance.pick([200, 1500, 5000, 14_000, 30_000]));
    const kind = chance.pick(['freeze', 'cut', 'kill', 'bus', 'crash'] as const);
    const { label, member } = chance.pick(members);
    faults.push(`${time.nowMs} ms: ${kind} ${kind === 'bus' ? '' : label} for ${lastsMs} ms`);
    const again = (act: () => void): void => time.after(lastsMs, act);
    if (kind === 'freeze') {
      member.freeze();
      again(member.thaw);
    } else if (kind === 'cut') {
      member.cut();
      again(member.heal);
    } else if (kind === 'kill') {
      member.kill();
      again(member.start);
    } else if (kind === 'bus') {
      server.crash();
      time.after(lastsMs, server.restore);
    } else {
      chance.pick(controllers).crashAfterWrite = true;
    }
  }

  /** All that costs somebody something. */
  function written() {
    return {
      entries: Object.values(server.buckets).flatMap((bucket) =>
        [...bucket].map(([key, { entry }]) => `${key} ${entry}`),
      ),
      asked: nodes.map(({ asked }) => asked),
    };
  }
}

function clusterOf(chance: Chance): Cluster {
  const roles = { web: ['router'], db: ['redis'], c2: ['controller'], c3: ['controller'] };
  const more = Array.from({ length: chance.between(0, 4) }, (_, i) => [`web${i}`, ['router']]);
  const cluster = clusterWith({ ...roles, ...Object.fromEntries(more) });
  for (const node of Object.values(cluster.nodes)) node.version = KATO;
  return cluster;
}
