import { readFileSync } from 'node:fs';
import { attach as attachHost, coreOn, settled, tokenFrom, typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { until } from '../until.ts';
import { atMost, type Part, row } from './row.ts';
import { median, sorted, spread, timeOn } from './samples.ts';

const SINGLES = 3;
const CROWD = 20;
const LISTENS_ON_80 = /^ *\d+: [0-9A-F]{8}:0050 [0-9A-F:]+ 0A /m;
const BALANCED = 'var/lib/kato/config/load_balancer/loaded/nginx.conf';

/** How long it takes until a machine with its packages is a node that serves. */
export const attach: Part = async (tell) => {
  await using lab = await Lab.up({ hosts: 2 + SINGLES + CROWD });
  const [core, balancer, ...others] = lab.hosts as [Host, Host, ...Host[]];
  const singles = others.slice(0, SINGLES);
  const crowd = others.slice(SINGLES);
  tell('attach: a core, a load balancer, then one node after the other');
  await coreOn(core);
  await attachHost(balancer, core, 'router');
  await typed(balancer, 'kato node setup load_balancer');
  const alone: number[] = [];
  for (const host of singles) {
    await settled(core);
    const argv = ['kato', 'node', 'attach', '-e', 'router', core.address];
    const token = await tokenFrom(core);
    const commands = [{ argv: ['env', `KATO_TOKEN=${token}`, ...argv] }];
    alone.push((await timeOn(host, { runs: 1, commands }))[0]![0]!);
  }

  tell(`attach: ${CROWD} at once`);
  await settled(core);
  const token = await tokenFrom(core, `--uses ${CROWD}`);
  const began = performance.now();
  await Promise.all(crowd.map((host) => attachHost(host, core, 'router', token)));
  const crowdMs = performance.now() - began;

  tell('attach: routers come and go');
  const followed: number[] = [];
  for (const host of singles) {
    await settled(core);
    await typed(host, 'kato role remove router');
    await until(() => !balances(balancer, host), { what: 'the router is out', seconds: 30 });
    await settled(core);
    followed.push(await followingMs(host, balancer));
  }

  return [
    row(
      'attach with a router, until it serves',
      median(sorted(alone)) / 1000,
      ' s',
      atMost(1.5, ' s'),
      spread(sorted(alone)),
      1,
    ),
    row(
      `${CROWD} nodes at once, all serving`,
      crowdMs / 1000,
      ' s',
      atMost(8, ' s'),
      'one run; the goal is for 20',
      1,
    ),
    row(
      'router serves, until the load balancer uses it',
      median(sorted(followed)),
      ' ms',
      atMost(500, ' ms'),
      spread(sorted(followed)),
    ),
  ];
};

/** From the new router's first open port to the load balancer's new configuration; negative is none. */
async function followingMs(host: Host, balancer: Host): Promise<number> {
  const adding = typed(host, 'kato role add router');
  const at = async (what: string, condition: () => boolean): Promise<number> => {
    await until(condition, { what, seconds: 30 });
    return performance.now();
  };
  const [serves, isUsed] = await Promise.all([
    at('the router serves', () => LISTENS_ON_80.test(fileOf(host, 'proc/1/net/tcp'))),
    at('the load balancer uses it', () => balances(balancer, host)),
  ]);
  await adding;
  return Math.max(0, isUsed - serves);
}

function balances(balancer: Host, router: Host): boolean {
  return fileOf(balancer, BALANCED).includes(`server ${router.address}:`);
}

/** Read from outside: a command on the host would take longer than what is measured. */
function fileOf(host: Host, path: string): string {
  return readFileSync(`/proc/${host.pid}/root/${path}`, 'utf8');
}
