import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterLink } from '../../../src/agent/cluster-link.ts';
import { controllerKeysOf, createIdentity, type Identity } from '../../../src/bus/identity.ts';
import { openStore } from '../../../src/bus/store/store.ts';
import { CONTROLLER } from '../../../src/bus/subjects.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import type { Status } from '../../../src/domain/telling/status.ts';
import type { NodeIdentity } from '../../../src/machine/node/ledger.ts';
import { end as endChild } from '../child.ts';
import { clusterWith, nodeOf } from '../clusters.ts';
import { CHECKOUT } from '../lab/store.ts';
import { CLUSTER_ID, startNats, type TestNats } from '../nats.ts';
import { viewSecrets } from '../nginx-views.ts';
import { freePort } from '../ports.ts';
import { until } from '../until.ts';
import { type Counts, NOTHING, simulate, sum, VERSION } from './simulated-agent.ts';

/** Of these nodes every 20th is a router, the first is the core. */
const NODES = 1000;
const PROCESSES = 2;
const ROUTER_EVERY = 20;
const UP_SECONDS = 120;
export const KATO = `${CHECKOUT}/bin/kato`;

/** A real bus and a real controller under a thousand agents that have no machines. */
export interface Crowd {
  /** Where files may be put. */
  folder: string;
  size: number;
  nats: TestNats;
  controller: { pid: number };
  /** Of the core, which may ask for everything. */
  link: ClusterLink;
  /** Until they are up. */
  upMs: number;
  status(): Promise<Status>;
  /** Until every node has given a sign of life since it was asked for. */
  allAlive(): Promise<void>;
  /** What all agents have done so far, by node. */
  counts(): Promise<Record<string, Counts>>;
  end(): Promise<void>;
}

/** `kato` is the program that the controller is of. */
export async function gather(kato = KATO): Promise<Crowd> {
  const ends: (() => unknown)[] = [];
  const end = async (): Promise<void> => {
    for (const one of ends.toReversed()) await one();
  };
  try {
    return await gathered(kato, ends, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Whatever was begun is in `ends`, for whoever has to end it. */
async function gathered(
  kato: string,
  ends: (() => unknown)[],
  end: () => Promise<void>,
): Promise<Crowd> {
  const folder = mkdtempSync(join(tmpdir(), 'kato-bench-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const begun = (child: ChildProcess): ChildProcess => {
    ends.push(() => endChild(child, 'SIGKILL'));
    return child;
  };
  const identities = new Map(names().map((id) => [id, createIdentity()]));
  const controllerIdentity = createIdentity();
  const keys = controllerKeysOf(controllerIdentity.seed);
  const nats = await startNats([
    { kind: 'controller', key: keys.controller },
    { kind: 'warden', key: keys.warden },
    ...[...identities].map(([id, { key }]) => ({ kind: 'node', id, key }) as const),
  ]);
  ends.push(() => nats.stop());
  const own = await nats.connect(CONTROLLER, controllerIdentity);
  const store = await openStore(own, controllerIdentity.seed);
  await store.createState(clusterOf(identities), viewSecrets);
  await own.close();
  const controller = begun(await startController(nats, controllerIdentity, folder, kato));

  const began = performance.now();
  const [core, ...others] = [...identities].map(([id, one]) => identityOf(nats, id, one));
  const coreCounts: Counts = { ...NOTHING };
  const link = simulate(core!, coreCounts, () => {});
  ends.push(() => link.close());
  const share = Math.ceil(others.length / PROCESSES);
  const agents = Array.from({ length: PROCESSES }, (_, i) => {
    const file = join(folder, `agents-${i}.json`);
    writeFileSync(file, JSON.stringify(others.slice(i * share, (i + 1) * share)));
    return begun(fork(join(import.meta.dirname, 'agents.ts'), [file], { stdio: 'inherit' }));
  });
  const crowd: Crowd = {
    ...{ folder, size: NODES, nats, link, upMs: 0 },
    controller: { pid: controller.pid! },
    status: async () => {
      const body = { id: '', params: { all: true } };
      return (await link.ask('status', body, 5000)) as unknown as Status;
    },
    allAlive: async () => {
      const beganMs = performance.now();
      await until(
        async () => {
          const { nodes } = await crowd.status().catch(() => ({ nodes: [] }));
          const seconds = (performance.now() - beganMs) / 1000;
          const isBack = (seen: number | null): boolean => seen !== null && seen < seconds;
          return nodes.length === NODES && nodes.every(({ lastSeen }) => isBack(lastSeen));
        },
        { what: `all ${NODES} are back`, seconds: UP_SECONDS },
      );
    },
    counts: async () => {
      const all = agents.map(async (one) => {
        const answer = once(one, 'message') as Promise<[Record<string, Counts>]>;
        one.send('counts');
        return (await answer)[0];
      });
      return Object.assign({ core: { ...coreCounts } }, ...(await Promise.all(all)));
    },
    end,
  };
  await crowd.allAlive();
  return { ...crowd, upMs: performance.now() - began };
}

/** What happened between two counts. */
export function between(
  before: Record<string, Counts>,
  after: Record<string, Counts>,
  nodes: readonly string[],
): Counts {
  const added = (id: string): Counts => sum(after[id] ?? NOTHING, before[id] ?? NOTHING, -1);
  return nodes.map(added).reduce((one, other) => sum(one, other, 1), NOTHING);
}

function names(): string[] {
  return ['core', ...Array.from({ length: NODES - 1 }, (_, i) => `n${i + 1}`)];
}

function clusterOf(identities: ReadonlyMap<string, Identity>): Cluster {
  const cluster = clusterWith({}, { id: CLUSTER_ID });
  const nodes = [...identities].map(([id, { key }], i) => {
    const address = `10.1.${i >> 8}.${i & 255}`;
    if (id === 'core')
      return [id, { ...cluster.nodes[id]!, key, address, version: VERSION }] as const;
    const roles = i % ROUTER_EVERY === 0 ? ['router'] : [];
    return [id, nodeOf(id, roles, { key, address, version: VERSION })] as const;
  });
  return { ...cluster, nodes: Object.fromEntries(nodes) };
}

function identityOf(nats: TestNats, id: string, { key, seed }: Identity): NodeIdentity {
  const { address, port, ca } = nats;
  return {
    format: 1,
    nodeId: id,
    name: id,
    key,
    seed,
    clusterId: CLUSTER_ID,
    core: { address, port },
    ca,
    machineId: id,
    address,
  };
}

async function startController(
  nats: TestNats,
  { seed }: Identity,
  folder: string,
  kato: string,
): Promise<ChildProcess> {
  const config = {
    clusterId: CLUSTER_ID,
    bus: { address: nats.address, port: nats.port },
    http: { address: nats.address, port: await freePort() },
    ca: nats.ca,
    seed,
  };
  const file = join(folder, 'controller.json');
  writeFileSync(file, JSON.stringify(config));
  return spawn(kato, ['controller', file], { stdio: 'inherit' });
}
