import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type SocketRequest, serveSockets } from '../../../src/agent/doors/sockets.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import type { HistoryEntry } from '../../../src/domain/telling/history.ts';
import type { Status } from '../../../src/domain/telling/status.ts';
import { GONE_MAX, type SharedAnnounced } from '../../../src/domain/traffic/shared-announced.ts';
import { NOTHING, simulate } from '../../support/bench/simulated-agent.ts';
import { end } from '../../support/child.ts';
import { clusterWith, nodeOf, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import type { Flood } from '../../support/flood/flooder.ts';
import { CLUSTER_ID } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

const SECONDS = 10;
const CHANGE_MS_MAX = 2000;
const MEMORY_MAX_MB = 300;
/** An announcer may hold 1000 backends of routes: the names of two messages, and what is on its way. */
const HELD_MAX = 1000;
const SHARED_BYTES_MAX = 1_000_000;
const BUS_MORE_MAX_MB = 100;
const FLOODER = join(import.meta.dirname, '../../support/flood/flooder.ts');

const CORE = 'n00000000000a';
const NODES = Array.from({ length: 10 }, (_, i) => `n${String(i + 1).padStart(12, '0')}`);
const ATTACKER = NODES[3]!;
/** Another plain node, by its place among all. */
const OTHER = 6;
const TOKEN = 'token0ld';

describe('who floods', function () {
  this.timeout(90_000);
  let here: Controlled;
  let folder: string;
  let sockets: { close(): void } | undefined;
  const links: ReturnType<typeof simulate>[] = [];
  const flooders: ChildProcess[] = [];

  before(async () => {
    const nodes = [CORE, ...NODES].map((id, i) => {
      const address = `10.0.1.${i + 1}`;
      const admin = id === CORE;
      return nodeOf(admin ? 'core' : `node-${i}`, admin ? CORE_ROLES : [], { id, address, admin });
    });
    const cluster = clusterWith(
      {},
      {
        id: CLUSTER_ID,
        nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
        tokens: { [TOKEN]: tokenOf(TOKEN, { usesLeft: 0 }) },
        announcers: {
          paas: { name: 'paas', key: '', hosts: ['*.example.com'] },
          fickle: { name: 'fickle', key: '', hosts: ['*.example.org'] },
        },
      },
    );
    const others = [
      { kind: 'join', id: TOKEN, key: '' },
      { kind: 'announcer', id: 'paas', key: '' },
      { kind: 'announcer', id: 'fickle', key: '' },
    ] as const;
    here = await startControlled(cluster, others, { apart: true });
    for (const id of [CORE, ...NODES])
      links.push(simulate(identityOf(id), { ...NOTHING }, () => {}));
    folder = mkdtempSync(join(tmpdir(), 'kato-flood-'));
    sockets = await serveSockets(pathsOf(folder), (request: SocketRequest) => {
      const body = { id: request.id, params: request.params };
      return links[0]!.ask(request.operation, body, request.timeoutMs);
    });
    await until(async () => (await states()).every((state) => state === 'active'), {
      what: 'all are there',
      seconds: 20,
    });
  });
  after(async () => {
    for (const flooder of flooders) await end(flooder, 'SIGKILL');
    sockets?.close();
    await Promise.all(links.map((link) => link.close()));
    await here?.end();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('keeps no admin from changing the cluster, and makes nobody look dead', async () => {
    begin({ kind: 'token', who: TOKEN, door: doorOf(TOKEN), seconds: SECONDS });
    begin({ kind: 'node', who: ATTACKER, door: doorOf(ATTACKER), seconds: SECONDS });
    begin({ kind: 'announcer', who: 'paas', door: doorOf('paas'), seconds: SECONDS });
    begin({ kind: 'reader', path: pathsOf(folder).readSocket, seconds: SECONDS });
    const [ms, othersMs]: number[][] = [[], []];
    const seen = new Set<string>();
    let memoryMb = 0;
    await during(async (i) => {
      ms!.push(await took(() => change(String(600 + (i % 9)))));
      for (const state of await states()) seen.add(state);
      othersMs!.push(await took(requestOfAnother));
      memoryMb = Math.max(memoryMb, memoryOf(here.apart!.pid));
    });
    const told = [
      `changes in ${ms!.map(Math.round).join(', ')} ms`,
      `requests of another node in ${othersMs!.map(Math.round).join(', ')} ms`,
      `${Math.round(memoryMb)} MB`,
    ].join('; ');
    if (process.env.KATO_TELL !== undefined) console.log(told);
    assert.ok(ms!.length > 3 && Math.max(...ms!, ...othersMs!) < CHANGE_MS_MAX, told);
    assert.ok(memoryMb < MEMORY_MAX_MB, told);
    assert.deepEqual([...seen], ['active'], told);
    assert.ok(here.apart!.isAlive(), here.apart!.stderr());
  });

  it('is named in the history, with how much was not taken', async () => {
    const busy = await until(
      async () => {
        const query = { id: '', params: { limit: 1000, node: null } };
        const entries = (await links[0]!.ask(
          'history',
          query,
          10_000,
        )) as unknown as HistoryEntry[];
        const of = (by: string) =>
          entries.find((entry) => entry.by === by && entry.outcome === 'BUSY')?.count ?? 0;
        const counts = [of('join'), of('node-4'), of('paas')];
        return counts.every((count) => count > 100) ? entries : undefined;
      },
      { what: 'each is named', seconds: 20 },
    );
    const lines = busy.filter(({ outcome }) => outcome !== 'done').length;
    assert.ok(lines < 60, `${lines} lines for what was refused`);
    assert.ok(
      busy.some(({ operation, outcome }) => `${operation} ${outcome}` === 'config.set done'),
    );
  });

  it('by names that come and go for ever fills neither what controllers share nor the bus', async () => {
    const beforeMb = memoryOf(here.nats.pid());
    begin({ kind: 'fickle', who: 'fickle', door: doorOf('fickle'), seconds: SECONDS });
    const ms: number[] = [];
    let [words, bytes, busMb, memoryMb] = [0, 0, 0, 0];
    await during(async (i) => {
      const shared = (await here.store.allObserved()).get('announced') ?? null;
      if (shared === null) return;
      words = Math.max(words, Object.keys((shared as unknown as SharedAnnounced).words).length);
      bytes = Math.max(bytes, JSON.stringify(shared).length);
      busMb = Math.max(busMb, memoryOf(here.nats.pid()));
      memoryMb = Math.max(memoryMb, memoryOf(here.apart!.pid));
      ms.push(await took(() => change(String(700 + (i % 9)))));
    });
    const told = [
      `${words} words in ${bytes} bytes`,
      `the bus had ${Math.round(beforeMb)} MB, then ${Math.round(busMb)}`,
      `the controller ${Math.round(memoryMb)} MB; changes in ${ms.map(Math.round).join(', ')} ms`,
    ].join('; ');
    if (process.env.KATO_TELL !== undefined) console.log(told);
    assert.ok(words >= GONE_MAX, `they were taken: ${told}`);
    assert.ok(words <= GONE_MAX + HELD_MAX && bytes < SHARED_BYTES_MAX, told);
    assert.ok(busMb - beforeMb < BUS_MORE_MAX_MB && memoryMb < MEMORY_MAX_MB, told);
    assert.ok(Math.max(...ms) < CHANGE_MS_MAX, told);
  });

  /** Again and again, for as long as a flood lasts. */
  async function during(work: (i: number) => Promise<void>): Promise<void> {
    const untilMs = performance.now() + SECONDS * 1000;
    for (let i = 0; performance.now() < untilMs; i++) {
      await work(i);
      await pause(200);
    }
  }

  /** In ms, without those in which this process, or the controller, was ready and had no processor. */
  async function took(work: () => Promise<void>): Promise<number> {
    const pids = [process.pid, here.apart!.pid];
    const beforeMs = pids.map(waitedMsOf);
    const beganMs = performance.now();
    await work();
    const waitedMs = pids.map((pid, i) => waitedMsOf(pid) - beforeMs[i]!);
    return performance.now() - beganMs - Math.max(...waitedMs);
  }

  /** As `kato` does it: what got no answer is asked again under the same id. */
  async function change(value: string): Promise<void> {
    const params = { component: 'cluster', key: 'export.interval', act: 'set', value };
    const body = { id: randomUUID(), params };
    const ask = () => links[0]!.ask('config.set', body, 3000);
    await ask().catch((error: KatoError) => {
      if (error.code !== 'TIMEOUT') throw error;
      return ask();
    });
  }

  /** As its agent asks, which asks again when nobody is there to answer. */
  async function requestOfAnother(): Promise<void> {
    const body = { id: '', params: { known: null } };
    const ask = () => links[OTHER]!.ask('view', body, CHANGE_MS_MAX).catch(() => null);
    await until(ask, { what: 'another node is answered', seconds: 5 });
  }

  const states = async (): Promise<string[]> => {
    const query = { id: '', params: { all: true, live: false } };
    const status = (await links[0]!.ask('status', query, 10_000)) as unknown as Status;
    return status.nodes.map(({ state }) => state);
  };

  function begin(flood: Flood): void {
    const file = join(folder, `${flood.kind}.json`);
    writeFileSync(file, JSON.stringify(flood));
    flooders.push(spawn(process.execPath, [FLOODER, file], { stdio: 'inherit' }));
  }

  function doorOf(who: string) {
    const { address, port, ca } = here.nats;
    return { address, port, ca, clusterId: CLUSTER_ID, ...here.identities.get(who)! };
  }

  function identityOf(id: string) {
    const { address, port, ca } = here.nats;
    const core = { address, port };
    const own = { nodeId: id, name: id, ...here.identities.get(id)!, machineId: id, address };
    return { format: 1, clusterId: CLUSTER_ID, core, ca, ...own } as const;
  }
});

const CORE_ROLES = ['primary', 'controller', 'router'];

function memoryOf(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** How long its main thread was ready to run, and others had the processors. */
function waitedMsOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
}
