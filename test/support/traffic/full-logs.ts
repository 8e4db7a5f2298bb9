import assert from 'node:assert/strict';
import { clusterOf, settled, typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { startBackend, startLoad, startProgram } from './on-hosts.ts';
import type { Answers, QuestionOptions } from './questions.ts';

const SHOP = 'shop.example.com';
/** Its backends are not there: a router says so in its log, for each request. */
const CLOSED = 'closed.example.com';
const CLOSED_PER_SECOND = 400;
const ROLES = 'router,redis,memcached,postgresql';
const LOG = '/var/log/kato';

/** Two nodes whose logs have a disk of their own, and the users. */
export type ThreeHosts = readonly [core: Host, node: Host, users: Host];

/** Routers on both nodes, data services on one, and backends. */
export async function openLoggingShop([core, node, users]: ThreeHosts): Promise<void> {
  for (const host of [core, node]) {
    await typed(host, `mkdir -p ${LOG} && mount -t tmpfs -o size=16m tmpfs ${LOG}`);
  }
  await clusterOf(core, [[node, ROLES]]);
  const { address } = await startBackend(users, 'shop', 8001);
  await typed(core, `kato route add ${SHOP} ${address}`);
  await typed(core, `kato route add ${CLOSED} ${users.address}:1`);
  await settled(core);
}

/** Fills the disks of the logs, as far as anybody can write to them. */
export async function fillLogs([core, node]: ThreeHosts): Promise<void> {
  for (const host of [core, node]) await typed(host, `! cat /dev/zero >${LOG}/fill`);
}

export async function makeRoom([core, node]: ThreeHosts): Promise<void> {
  for (const host of [core, node]) await typed(host, `rm ${LOG}/fill`);
}

/** Uses all that serves, and has it talk; `end` resolves with what came of it, routers by their host. */
export async function startUse(
  [core, node, users]: ThreeHosts,
  perSecond: number,
): Promise<{ end(): Promise<Answers> }> {
  const routers = [core, node];
  const loadsOf = (host: string, perSecond: number) =>
    Promise.all(
      routers.map(({ address }) => startLoad(users, { target: address, host, perSecond })),
    );
  const loads = await loadsOf(SHOP, perSecond);
  const talk = await loadsOf(CLOSED, CLOSED_PER_SECOND);
  const questions: QuestionOptions = {
    address: node.address,
    passwords: {
      redis: await passwordOf(core, node, 'redis'),
      postgresql: await passwordOf(core, node, 'postgresql'),
    },
    perSecond,
  };
  const data = await startProgram(users, 'questions.ts', [JSON.stringify(questions)]);
  return {
    async end() {
      const { stdout } = await data.kill('SIGTERM');
      const answers = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answers;
      for (const [i, load] of loads.entries()) {
        const { requests: asked, failures } = await load.end();
        answers[`router of ${routers[i]!.name}`] = { asked, failed: sum(failures) };
      }
      for (const load of talk) assert.match(Object.keys((await load.end()).failures).join(), /502/);
      return answers;
    },
  };
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

async function passwordOf(core: Host, node: Host, role: string): Promise<string> {
  return (await typed(core, `kato role info --secret ${role} -n ${node.name}`)).trim();
}
