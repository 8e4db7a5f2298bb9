import assert from 'node:assert/strict';
import { clusterWith } from '../support/clusters.ts';
import { createBus } from './bus.ts';
import { checkWishes, createClient, observeShared } from './client.ts';
import { createController } from './controller.ts';
import { invariantsOf } from './invariants.ts';
import { createNode } from './node.ts';
import { chanceOf, createClock } from './time.ts';

const TROUBLE_MS = 120_000;
/** Longer than everything that anybody waits for. */
const CALM_MS = 60_000;
/** In the last part of the calm there is nothing more to say. */
const QUIET_MS = 30_000;
const FAULTS_MAX = 14;
const WISHES_MAX = 25;

/** One life of a cluster, the same for the same seed. Throws at the first broken rule. */
export async function runSeed(seed: number): Promise<{ events: number; faults: string[] }> {
  const chance = chanceOf(seed);
  const clock = createClock();
  const invariants = invariantsOf(clock);
  const roles = { web: ['router'], db: ['redis'], c2: ['controller'], c3: ['controller'] };
  const more = Array.from({ length: chance.between(0, 4) }, (_, i) => [`web${i}`, ['router']]);
  const bus = createBus(clusterWith({ ...roles, ...Object.fromEntries(more) }), invariants);
  const names = ['core', 'c2', 'c3'].slice(0, chance.between(1, 3));
  const controllers = names.map((name) => createController(name, bus, clock, chance));
  const nodes = Object.keys(bus.cluster.value.nodes).map((id) =>
    createNode(id, bus, controllers, clock, chance),
  );
  const client = createClient(controllers, clock, chance);
  const members = [
    ...controllers.map(({ name, member }) => ({ label: `controller ${name}`, member })),
    ...nodes.map(({ id, member }) => ({ label: `node ${id}`, member })),
  ];
  const faults: string[] = [];
  let events = 0;

  for (const { member } of members) clock.after(chance.between(0, 2000), member.start);
  const wishes = chance.between(5, WISHES_MAX);
  for (let i = 0; i < wishes; i++) clock.after(chance.between(1000, TROUBLE_MS), client.wish);
  const count = chance.between(2, FAULTS_MAX);
  for (let i = 0; i < count; i++) clock.after(chance.between(1000, TROUBLE_MS), trouble);
  try {
    let quietEntry = 0;
    clock.after(TROUBLE_MS + CALM_MS - QUIET_MS, () => {
      quietEntry = bus.verdicts.entry;
    });
    await clock.runUntil(TROUBLE_MS + CALM_MS, () => {
      events++;
      observeShared(client, bus);
      invariants.observe(bus, controllers);
    });
    assert.equal(bus.verdicts.entry, quietEntry, 'controllers write verdicts though all is calm');
    checkAgreement();
    checkWishes(client, bus);
  } catch (cause) {
    const story = [`KATO_SEED=${seed} breaks a rule at ${clock.nowMs} ms`, ...faults];
    throw new Error(story.join('\n'), { cause });
  }
  return { events, faults };

  /** Something breaks, and is whole again before the calm. */
  function trouble(): void {
    const leftMs = TROUBLE_MS - clock.nowMs;
    const lastsMs = Math.min(leftMs, chance.pick([200, 1500, 5000, 14_000, 30_000]));
    const kind = chance.pick(['freeze', 'cut', 'kill', 'bus', 'crash'] as const);
    const { label, member } = chance.pick(members);
    faults.push(`${clock.nowMs} ms: ${kind} ${kind === 'bus' ? '' : label} for ${lastsMs} ms`);
    const again = (act: () => void): void => clock.after(lastsMs, act);
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
      bus.crash();
      clock.after(lastsMs, bus.restore);
    } else {
      chance.pick(controllers).crashAfterWrite = true;
    }
  }

  function checkAgreement(): void {
    const { cluster, verdicts } = bus;
    const { silent, outages, flaps = {} } = verdicts.value;
    assert.deepEqual(silent, {}, 'somebody is silent for ever');
    const isOut = Object.values(flaps).some(({ out }) => out);
    if (!isOut) assert.deepEqual(outages, {}, 'somebody is out for ever');
    for (const { live } of controllers) {
      assert.equal(live.document!.version.revision, cluster.value.revision);
      assert.deepEqual(live.document!.cluster, cluster.value);
      assert.deepEqual(live.verdicts, verdicts.value);
    }
    for (const { id, version } of nodes) {
      assert.equal(version?.revision, cluster.value.revision, `${id} does not follow`);
    }
  }
}
