import { settled, type, typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { ownKato } from '../own-kato.ts';
import { sendRequests, startBackend, startLoad } from '../traffic/on-hosts.ts';
import { type FiveHosts, openShop } from '../traffic/story.ts';
import { until } from '../until.ts';
import { atMost, type Part, row } from './row.ts';
import { median, sorted, spread } from './samples.ts';

const SLOW_SECONDS = 30;
const SLOW = `
summary: Takes its time to get ready
processes:
  - name: slow
    argv: [/bin/sh, -c, 'sleep ${SLOW_SECONDS}; touch /run/slow-is-ready; exec sleep infinity']
    ready: { command: [/usr/bin/test, -e, /run/slow-is-ready], seconds: 120 }
`;
const ROUNDS = 10;
const PER_SECOND = 300;
const DEAD = 12;
const BALANCED = '/var/lib/kato/config/load_balancer/loaded/nginx.conf';

/** What a slow process, a router that comes and goes, and dead backends cost the others. */
export const units: Part = async (tell) => {
  await using lab = await Lab.up({ hosts: 5 });
  const hosts = lab.hosts as unknown as FiveHosts;
  const [core, router, spare, balancer, users] = hosts;
  await Promise.all(
    [core, router, spare, balancer].map((host) => ownKato(host, { 'roles/slow.yml': SLOW })),
  );
  await openShop(hosts);

  tell('units: a process that takes half a minute, and others beside it');
  await settled(core);
  const adding = type(core, `kato role add -n ${router.name} slow`);
  await until(async () => (await type(router, 'pgrep -f "[s]low-is-ready"')).exitCode === 0, {
    what: 'it starts',
    seconds: 20,
  });
  const beside: number[] = [];
  for (const role of ['memcached', 'redis']) {
    beside.push(await msOf(core, `kato role add -n ${router.name} ${role}`));
  }
  await adding;

  tell('units: routers come and go under load');
  await settled(core);
  const load = await startLoad(users, {
    ...{ target: balancer.address, host: 'shop.example.com', perSecond: PER_SECOND },
    streamsVia: core.address,
  });
  let wrong = 0;
  const gone: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    await typed(core, `kato role add -n ${spare.name} router`);
    if (!(await balances(balancer, spare))) wrong++;
    gone.push(await msOf(core, `kato role remove -n ${spare.name} router`));
    if (await balances(balancer, spare)) wrong++;
  }
  const { failures, requests, webSocket } = await load.end();
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);

  tell('units: dead backends beside a live one');
  const live = await startBackend(users, 'live', 8100);
  const nowhere = users.address.replace(/\d+$/, '');
  const dead = Array.from({ length: DEAD }, (_, i) => `${nowhere}${200 + i}:8100`);
  await typed(core, `kato route add many.example.com ${[live.address, ...dead].join(' ')}`);
  const ask = { host: 'many.example.com', target: balancer.address, perSecond: 100, count: 700 };
  const first = await sendRequests(users, ask);
  const later = await sendRequests(users, ask);
  const unanswered = [first, later].flatMap((one) => Object.values(one.failures)).length;

  return [
    row(
      `a role is added where another takes ${SLOW_SECONDS} s to start`,
      median(sorted(beside)),
      ' ms',
      atMost(1000, ' ms'),
      spread(sorted(beside)),
    ),
    row(
      `failed of ${requests} requests while ${ROUNDS} routers come and go`,
      failed,
      '',
      atMost(0),
      `${webSocket?.broken === null ? 'no' : 'a'} WebSocket was cut`,
      0,
    ),
    row('commands that ended before the balancer was right', wrong, '', atMost(0), '', 0),
    row('a router leaves', median(sorted(gone)), ' ms', null, spread(sorted(gone))),
    row(
      `slowest answer with ${DEAD} dead backends and one live, after 7 s`,
      later.slowestMs,
      ' ms',
      atMost(1000, ' ms'),
      `before: ${first.slowestMs} ms; ${unanswered} not answered`,
    ),
  ];
};

async function msOf(host: Host, line: string): Promise<number> {
  const began = performance.now();
  await typed(host, line);
  return performance.now() - began;
}

async function balances(balancer: Host, router: Host): Promise<boolean> {
  return (await balancer.read(BALANCED)).includes(`server ${router.address}:`);
}
