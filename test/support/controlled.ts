import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bus } from '../../src/bus/bus.ts';
import { controllerKeysOf, createIdentity, type Identity } from '../../src/bus/identity.ts';
import { openStore, type Store } from '../../src/bus/store/store.ts';
import { CONTROLLER, op } from '../../src/bus/subjects.ts';
import { runController } from '../../src/controller/controller.ts';
import { type ControllerConfig, doorsOf } from '../../src/controller/doors/doors.ts';
import type { Cluster, Json } from '../../src/domain/document/cluster.ts';
import type { BusUser } from '../../src/domain/views/view.ts';
import type { NodeIdentity } from '../../src/machine/node/ledger.ts';
import { catalogue } from './clusters.ts';
import { CLUSTER_ID, startNats, type TestNats } from './nats.ts';
import { viewSecrets } from './nginx-views.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** A real bus with a real controller, in this process or one of its own, and who else is on the bus. */
export interface Controlled {
  nats: TestNats;
  store: Store;
  identities: ReadonlyMap<string, Identity>;
  /** The connection of a node or another identity, by its id. */
  bus(who: string): Bus;
  /** What a node asks for, as itself. */
  ask(who: string, operation: string, params: Json, id?: string): Promise<Json>;
  /** Where the controller serves HTTP. */
  http: { address: string; port: number };
  /** What the controllers in this process have logged. */
  logged: readonly string[];
  /** What a simulated agent is told of itself. */
  identityOf(node: string): NodeIdentity;
  /** Of the controller that runs in a process of its own. */
  apart: ControllerProcess | null;
  end(): Promise<void>;
}

export interface ControllerProcess {
  pid: number;
  isAlive(): boolean;
  stderr(): string;
}

const ANSWER_MS = 10_000;
const KATO = join(import.meta.dirname, '../../bin/kato');

interface Options {
  /** One runs in a process of its own, and none here but for the `others`. */
  apart: boolean;
  /** How many more run in this process. */
  others?: number;
  /** Version of those in this process. */
  kato?: string;
}

/** `users` names each identity beside the nodes of the cluster; keys are made here. */
export async function startControlled(
  cluster: Cluster,
  users: readonly BusUser[] = [],
  options: Options = { apart: false },
): Promise<Controlled> {
  const { kato = '0.1.0' } = options;
  const ending = new AbortController();
  const controller = createIdentity();
  const nodes = Object.keys(cluster.nodes).map((id): BusUser => ({ kind: 'node', id, key: '' }));
  const all = [...nodes, ...users].map((user) => {
    const own = createIdentity();
    return { own, user: { ...user, key: own.key } };
  });
  const identities = new Map(all.map(({ own, user }) => [idOf(user), own]));
  const keys = controllerKeysOf(controller.seed);
  const nats = await startNats([
    { kind: 'controller', key: keys.controller },
    { kind: 'warden', key: keys.warden },
    ...all.map(({ user }) => user),
  ]);
  const store = await openStore(await nats.connect(CONTROLLER, controller), controller.seed);
  await store.createState(withKeys(cluster, identities), {
    ...viewSecrets,
    'bus/controller': controller.seed,
  });
  const buses = new Map<string, Bus>();
  for (const { own, user } of all) {
    buses.set(idOf(user), await nats.connect(idOf(user), own));
  }
  const { address, port, ca } = nats;
  const config = {
    clusterId: CLUSTER_ID,
    bus: { address, port },
    http: { address, port: await freePort() },
    ca,
    seed: controller.seed,
  };
  const apart = options.apart ? await spawnController(config, nats.folder) : null;
  const logged: string[] = [];
  const run = (own: ControllerConfig): Promise<void> => {
    const log = (line: string) => logged.push(line);
    const doors = doorsOf(own, kato);
    const { seed } = own;
    return runController({ seed, doors, catalogue, kato, log, signal: ending.signal });
  };
  const others = Array.from({ length: options.others ?? 0 }, async () =>
    run({ ...config, http: { address, port: await freePort() } }),
  );
  const first = apart?.ended ?? run(config);
  const running = Promise.all([first, ...others]);
  const controlled: Controlled = {
    nats,
    store,
    identities,
    bus: (who) => buses.get(who)!,
    ask: (who, operation, params, id = '') =>
      buses.get(who)!.request(op(who, operation), { id, params }, { timeoutMs: ANSWER_MS }),
    http: config.http,
    logged,
    identityOf: (node) => ({
      ...{ format: 1, nodeId: node, name: node, machineId: node, address },
      ...{ clusterId: CLUSTER_ID, core: { address, port }, ca, ...identities.get(node)! },
    }),
    apart,
    end: async () => {
      ending.abort();
      apart?.stop();
      await running;
      await nats.stop();
    },
  };
  const [asker] = Object.keys(cluster.nodes);
  await until(() => controlled.ask(asker!, 'node.list', {}).catch(() => false as const), {
    what: 'the controller answers',
    seconds: 30,
  });
  return controlled;
}

/** The document knows each identity by the key that the bus knows. */
function withKeys(cluster: Cluster, identities: ReadonlyMap<string, Identity>): Cluster {
  const keyed = <One extends { key: string }>(all: Record<string, One>): Record<string, One> =>
    Object.fromEntries(
      Object.entries(all).map(([id, one]) => [
        id,
        { ...one, key: identities.get(id)?.key ?? one.key },
      ]),
    );
  const { nodes, tokens, announcers, former } = cluster;
  return {
    ...cluster,
    nodes: keyed(nodes),
    tokens: keyed(tokens),
    announcers: keyed(announcers),
    former: keyed(former),
  };
}

async function spawnController(config: ControllerConfig, folder: string) {
  const file = join(folder, 'controller.json');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(KATO, ['controller', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid: child.pid!,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stderr: () => stderr,
    ended,
    stop: () => child.kill('SIGTERM'),
  };
}

function idOf(user: BusUser): string {
  return 'id' in user ? user.id : CONTROLLER;
}
