import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SocketRequest, serveSockets } from '../../../src/agent/sockets.ts';
import { controllerKeysOf, createIdentity, type Identity } from '../../../src/bus/identity.ts';
import { openStore } from '../../../src/bus/store.ts';
import { CONTROLLER } from '../../../src/bus/subjects.ts';
import type { Cluster } from '../../../src/domain/cluster.ts';
import { pathsOf } from '../../../src/domain/paths.ts';
import type { Status } from '../../../src/domain/status.ts';
import type { NodeIdentity } from '../../../src/machine/ledger.ts';
import { end } from '../child.ts';
import { clusterWith, nodeOf } from '../clusters.ts';
import { CHECKOUT } from '../lab/store.ts';
import { CLUSTER_ID, startNats, type TestNats } from '../nats.ts';
import { viewSecrets } from '../nginx-views.ts';
import { freePort } from '../ports.ts';
import { until } from '../until.ts';
import { atMost, type Part, row } from './row.ts';
import { median, spread, timeHere } from './samples.ts';
import { simulate } from './simulated-agent.ts';
import { usageOf } from './usage.ts';

const NODES = 1000;
const PROCESSES = 2;
const ROUTER_EVERY = 20;
const STATUS_RUNS = 7;
const REST_SECONDS = 20;
const UP_SECONDS = 120;
const KATO = `${CHECKOUT}/bin/kato`;

/** A real bus and a real controller under a thousand agents that have no machines. */
export const scale: Part = async (tell) => {
  const folder = mkdtempSync(join(tmpdir(), 'kato-bench-'));
  const started: ChildProcess[] = [];
  const identities = new Map(names().map((id) => [id, createIdentity()]));
  const controllerIdentity = createIdentity();
  const keys = controllerKeysOf(controllerIdentity.seed);
  const nats = await startNats([
    { kind: 'controller', key: keys.controller },
    { kind: 'warden', key: keys.warden },
    ...[...identities].map(([id, { key }]) => ({ kind: 'node', id, key }) as const),
  ]);
  try {
    tell(`scale: a cluster of ${NODES} nodes`);
    const own = await nats.connect(CONTROLLER, controllerIdentity);
    await (await openStore(own, controllerIdentity.seed)).createState(
      clusterOf(identities),
      viewSecrets,
    );
    await own.close();
    const controller = await startController(nats, controllerIdentity, folder);
    started.push(controller);

    const began = performance.now();
    const [core, ...others] = [...identities].map(([id, one]) => identityOf(nats, id, one));
    const link = simulate(core!, () => {});
    const share = Math.ceil(others.length / PROCESSES);
    for (let i = 0; i < PROCESSES; i++) {
      const file = join(folder, `agents-${i}.json`);
      writeFileSync(file, JSON.stringify(others.slice(i * share, (i + 1) * share)));
      const program = join(import.meta.dirname, 'agents.ts');
      started.push(spawn(process.execPath, [program, file], { stdio: 'inherit' }));
    }
    const status = async (): Promise<Status> => {
      const body = { id: '', params: { all: true } };
      return (await link.ask('status', body, 5000)) as unknown as Status;
    };
    await allAlive(status);
    const upMs = performance.now() - began;

    tell(`scale: all are up; ${REST_SECONDS} s of rest`);
    const [bus, ctl] = await usageOf([nats.pid(), controller.pid!], REST_SECONDS);
    const paths = pathsOf(join(folder, 'root'));
    const sockets = await serveSockets(paths, (request: SocketRequest) =>
      link.ask(request.operation, { id: '', params: request.params }, request.timeoutMs),
    );
    const times = await timeHere(
      { runs: STATUS_RUNS, commands: [{ argv: [KATO, 'status', '--all'] }] },
      { ...process.env, KATO_ROOT: paths.root },
    );
    sockets.close();

    tell('scale: the bus is killed');
    const killed = performance.now();
    await nats.end('SIGKILL');
    await nats.start();
    await allAlive(status);
    const backMs = performance.now() - killed;
    await link.close();

    const parts = (what: 'cpuPercent' | 'megabytes'): string =>
      `bus ${bus![what].toFixed(1)}, controller ${ctl![what].toFixed(1)}`;
    return [
      row(
        `all ${NODES} up after their start`,
        upMs / 1000,
        ' s',
        null,
        `agents share the CPUs with the bus, in ${PROCESSES} processes`,
        1,
      ),
      row('`kato status --all`', median(times[0]!), ' ms', atMost(400, ' ms'), spread(times[0]!)),
      row(
        'bus and controller at rest: CPU',
        bus!.cpuPercent + ctl!.cpuPercent,
        ' %',
        atMost(15, ' %'),
        parts('cpuPercent'),
        1,
      ),
      row(
        'bus and controller at rest: memory',
        bus!.megabytes + ctl!.megabytes,
        ' MB',
        atMost(250, ' MB'),
        parts('megabytes'),
      ),
      row(
        'bus killed, until all are back',
        backMs / 1000,
        ' s',
        atMost(5, ' s'),
        'its start included',
        1,
      ),
    ];
  } finally {
    for (const child of started) await end(child, 'SIGKILL');
    await nats.stop();
    rmSync(folder, { recursive: true });
  }
};

function names(): string[] {
  return ['core', ...Array.from({ length: NODES - 1 }, (_, i) => `n${i + 1}`)];
}

function clusterOf(identities: ReadonlyMap<string, Identity>): Cluster {
  const cluster = clusterWith({}, { id: CLUSTER_ID });
  const nodes = [...identities].map(([id, { key }], i) => {
    const address = `10.1.${i >> 8}.${i & 255}`;
    if (id === 'core') return [id, { ...cluster.nodes[id]!, key, address }] as const;
    const roles = i % ROUTER_EVERY === 0 ? ['router'] : [];
    return [id, nodeOf(id, roles, { key, address })] as const;
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
  return spawn(KATO, ['controller', file], { stdio: 'inherit' });
}

/** Until one answer shows that every node has just answered for itself. */
async function allAlive(status: () => Promise<Status>): Promise<void> {
  await until(
    async () => {
      const { nodes } = await status();
      return nodes.length === NODES && nodes.every(({ lastSeen }) => lastSeen === 0);
    },
    { what: `all ${NODES} are back`, seconds: UP_SECONDS },
  );
}
