import { clusterOf, settled, statusWhen, typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { reload, startBackend, startLoad } from './on-hosts.ts';

const SHOP = 'shop.example.com';
const RELOADS = 100;
const PER_SECOND = 500;

/** Five hosts: a core, a router, a spare node, a load balancer, and the users with what they want. */
export type FiveHosts = readonly [Host, Host, Host, Host, Host];

export async function openShop([core, router, spare, balancer, users]: FiveHosts): Promise<void> {
  await clusterOf(core, [
    [router, 'router'],
    [spare, ''],
    [balancer, ''],
  ]);
  await balancer.kato('node', 'setup', 'load_balancer');
  const ports = [8001, 8002, 8003];
  const backends = await Promise.all(ports.map((port, i) => startBackend(users, `b${i}`, port)));
  const addresses = backends.map(({ address }) => address).join(' ');
  await typed(core, `kato route add ${SHOP} ${addresses}`);
  await settled(core);
}

/** Requests without an end, a WebSocket, and a download of 100 MB. */
export function startShopping([core, , , balancer, users]: FiveHosts) {
  return startLoad(users, {
    target: balancer.address,
    host: SHOP,
    perSecond: PER_SECOND,
    streamsVia: core.address,
  });
}

/** A router comes, one goes, one loses power, and nginx reloads 100 times, here and there. */
export async function makeTrouble([
  core,
  router,
  spare,
  balancer,
  users,
]: FiveHosts): Promise<void> {
  const reloading = Promise.all([
    reload(balancer, 'load_balancer', RELOADS),
    reload(core, 'router', RELOADS),
  ]);
  await typed(spare, 'kato role add router');
  await inPool(core, spare, true);
  await typed(router, 'kato role remove router');
  await inPool(core, router, false);
  for (let i = 0; i < 10; i++) {
    await typed(core, `kato route add --no-wait n${i}.example.com ${users.address}:8001`);
  }
  await reloading;
  await spare.powerOff();
  await inPool(core, spare, false);
}

/** Waits until the core has this router in its pool, or has it not. */
async function inPool(core: Host, { name, address }: Host, wanted: boolean): Promise<void> {
  await statusWhen(core, `${name} is ${wanted ? '' : 'not '}a router in use`, ({ pools }) => {
    const routers = pools.find((pool) => pool.kind === 'routers');
    const member = routers?.members.find((one) => one.address === `${address}:80`);
    return (member?.state === 'in') === wanted;
  });
}
