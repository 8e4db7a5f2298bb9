import assert from 'node:assert/strict';
import type { Warning } from '../../src/domain/telling/status.ts';
import { refused, settled, statusOf, statusWhen, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { kill } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { sendRequests, startBackend } from '../support/traffic/on-hosts.ts';
import { foreignOn, SICK } from '../support/traffic/other-programs.ts';
import { type FiveHosts, openShop } from '../support/traffic/story.ts';
import { until } from '../support/until.ts';

const REQUESTS = { host: 'shop.example.com', perSecond: 500, count: 1000 };
/** To whom an nginx sends requests, but for what it tries when all of them have failed. */
async function sentTo(host: Host, process: string): Promise<Set<string>> {
  const config = await typed(host, `cat /var/lib/kato/config/${process}/current/*`);
  const upstreams = [...config.matchAll(/^ *upstream (\S+) \{([^}]*)\}/gm)];
  const usual = upstreams.filter(([, name]) => !name!.endsWith('~again'));
  return new Set(
    usual.flatMap(([, , body]) => [...body!.matchAll(/server (\S+)/g)].map(([, one]) => one!)),
  );
}

describe('a pool', () => {
  const lab = useLab({ hosts: 5 });
  needsMachines(lab);
  let core: Host;
  let router: Host;
  let spare: Host;
  let balancer: Host;
  let users: Host;
  const sends = async (host: Host): Promise<boolean> =>
    (await sentTo(balancer, 'load_balancer')).has(`${host.address}:80`);
  const memberOf = async (host: Host): Promise<string | undefined> => {
    const { pools } = await statusOf(core);
    const routers = pools.find(({ name }) => name === 'routers')!;
    return routers.members.find(({ address }) => address === `${host.address}:80`)?.state;
  };

  before(async () => {
    [core, router, spare, balancer, users] = lab.hosts as [Host, Host, Host, Host, Host];
    await openShop([core, router, spare, balancer, users]);
    await settled(core);
  });

  it('never has a node on which another program has the port, until that is gone', async () => {
    const foreign = await foreignOn(spare);
    const add = `kato role add -n ${spare.name} router`;
    const [failed, summary] = await Promise.all([
      refused(core, add),
      sendRequests(users, { ...REQUESTS, target: balancer.address }),
    ]);
    assert.equal(failed.code, 'PORT_TAKEN');
    const more = await sendRequests(users, { ...REQUESTS, target: balancer.address });
    assert.deepEqual([summary.failures, more.failures], [{}, {}]);
    await assert.rejects(typed(spare, 'cat /run/foreign-was-asked'));
    assert.deepEqual([await sends(spare), await memberOf(spare)], [false, undefined]);
    await foreign.kill();
    await settled(core);
    await until(() => sends(spare), { what: 'it is in the pool', seconds: 20 });
    assert.equal(await memberOf(spare), 'in');
  });

  it('has it not either where that program was there first after a boot', async () => {
    await typed(spare, 'kato node halt');
    const foreign = await foreignOn(spare);
    await typed(spare, 'kato node boot');
    await statusWhen(core, 'it says who has the port', ({ warnings }) =>
      warnings.some(({ message }) => /port 80 for router is taken/.test(message)),
    );
    const summary = await sendRequests(users, { ...REQUESTS, target: balancer.address });
    assert.deepEqual(summary.failures, {});
    await assert.rejects(typed(spare, 'cat /run/foreign-was-asked'));
    assert.equal(await sends(spare), false);
    await foreign.kill();
    await until(() => sends(spare), { what: 'it is in the pool', seconds: 30 });
    await settled(core);
  });

  it('leaves out a node whose router keeps dying, and takes it back when it serves', async () => {
    const nginx = '$(realpath $(which nginx))';
    await typed(router, `mount --bind /bin/false ${nginx}`);
    await kill(router, 'router');
    await until(async () => (await memberOf(router)) === 'out', { what: 'it is out', seconds: 20 });
    await until(async () => !(await sends(router)), { what: 'nobody sends it any', seconds: 20 });
    await typed(router, `umount ${nginx}`);
    await settled(core, 60);
    await until(async () => (await memberOf(router)) === 'in', { what: 'it is in', seconds: 20 });
  });

  it('has all who were in it after a recovery, though nobody has told anything yet', async () => {
    await typed(core, 'kato role remove router');
    const before = await statusWhen(
      core,
      'two are left',
      ({ pools }) => pools[0]?.members.length === 2,
    );
    const file = '/root/cluster.kato';
    await typed(
      core,
      `echo long enough >/root/pass && kato data export --cluster --passphrase-file /root/pass ${file}`,
    );
    await typed(core, 'kato node halt');
    await typed(
      core,
      'rm -rf /var/lib/kato/state /var/lib/kato/data/nats-server /var/lib/kato/service',
    );
    await typed(core, `kato node setup core --recover-from ${file} --passphrase-file /root/pass`);
    const { pools } = await settled(core);
    const members = (all: typeof pools) => all[0]!.members.map(({ address }) => address);
    for (const member of members(before.pools)) assert.ok(members(pools).includes(member), member);
  });
});

describe('backends of which most are dead', () => {
  const lab = useLab({ hosts: 5 });
  needsMachines(lab);
  let hosts: FiveHosts;
  const hasOnly = async (host: Host, backends: string[], others: string[]): Promise<boolean> => {
    const upstreams = await sentTo(host, 'router');
    return backends.every((one) => upstreams.has(one)) && !others.some((one) => upstreams.has(one));
  };

  before(async () => {
    hosts = lab.hosts as unknown as FiveHosts;
    await openShop(hosts);
  });

  it('are left out by each router, which says so, and every request is answered', async function () {
    const [core, router, , balancer, users] = hosts;
    const live = await startBackend(users, 'live', 8100);
    const nowhere = users.address.replace(/\d+$/, '');
    const dead = Array.from({ length: 12 }, (_, i) => `${nowhere}${200 + i}:8100`);
    await typed(core, `kato route add many.example.com ${[live.address, ...dead].join(' ')}`);
    for (const host of [core, router]) {
      await until(() => hasOnly(host, [live.address], dead), {
        what: `${host.name} leaves them out`,
        seconds: 20,
      });
    }
    const { warnings } = await statusWhen(core, 'both say so', (status) =>
      [core, router].every(({ name }) =>
        status.warnings.some(({ code, node }) => code === 'BACKEND_AWAY' && node === name),
      ),
    );
    const [{ message }] = warnings.filter(({ code }) => code === 'BACKEND_AWAY') as [Warning];
    assert.match(message, /^h\d cannot reach ([\d.]+:8100, ){4}[\d.]+:8100 and 7 more$/);
    const load = { host: 'many.example.com', target: balancer.address, perSecond: 300 };
    const { failures, slowestMs } = await sendRequests(users, { ...load, count: 900 });
    this.test!.title += `: slowest ${slowestMs} ms`;
    assert.deepEqual(failures, {});
    await typed(core, 'kato route remove many.example.com');
    await statusWhen(core, 'nobody says so any more', (status) => status.warnings.length === 0);
  });

  it('are tried all the same when none is left, and taken back when they are there', async () => {
    const [core, router, , , users] = hosts;
    const backends = [8201, 8202].map((port) => `${users.address}:${port}`);
    await typed(core, `kato route add late.example.com ${backends.join(' ')}`);
    await statusWhen(core, 'they are away', (status) =>
      status.warnings.some(({ code }) => code === 'BACKEND_AWAY'),
    );
    await statusWhen(core, 'both are', ({ warnings }) =>
      warnings.some(({ message, node }) => {
        return node === router.name && backends.every((one) => message.includes(one));
      }),
    );
    await until(() => hasOnly(router, backends, []), { what: 'both are tried', seconds: 10 });
    await startBackend(users, 'late', 8201);
    await until(() => hasOnly(router, [backends[0]!], [backends[1]!]), {
      what: 'the one that is there is used alone',
      seconds: 20,
    });
  });

  it('that take connections are left out where they are not well, if the route says how to ask', async () => {
    const [core, router, , , users] = hosts;
    for (const port of [8301, 8302]) users.spawn(['python3', '-c', SICK, String(port)]);
    const backends = [8301, 8302].map((port) => `${users.address}:${port}`) as [string, string];
    await typed(users, 'touch /run/well-8301 /run/well-8302');
    const add = `kato route add --probe /healthz sick.example.com ${backends.join(' ')}`;
    assert.match(await typed(core, add), /, asked at \/healthz$/m);
    await typed(users, 'rm /run/well-8301');
    await until(() => hasOnly(router, [backends[1]], [backends[0]]), {
      what: 'it is left out',
      seconds: 20,
    });
    assert.ok(
      (await statusOf(core)).warnings.some(
        ({ code, message }) => code === 'BACKEND_AWAY' && message.includes(backends[0]),
      ),
    );
    await typed(users, 'touch /run/well-8301');
    await until(() => hasOnly(router, backends, []), { what: 'it is back', seconds: 30 });
    assert.match(await typed(core, 'kato route list'), /static, asked at \/healthz/);
    const bad = await refused(core, add.replace('/healthz', 'healthz'));
    assert.equal(bad.code, 'BAD_VALUE');
    const { text } = hint(
      bad.next,
      'domain/traffic/routes.ts: --probe /healthz, or --probe ${BY_CONNECTION} for a connection alone',
    );
    const [asked, connected] = text.match(/--probe [^ ,]+/g) as [string, string];
    assert.match(await typed(core, add), /asked/);
    assert.ok(add.includes(asked));
    await typed(users, 'rm /run/well-8301');
    assert.doesNotMatch(await typed(core, add.replace(asked, connected)), /asked/);
    await until(() => hasOnly(router, backends, []), { what: 'it is back', seconds: 30 });
  });

  it('are no matter of others: a router that is cut off empties no pool, not even its own', async () => {
    const [core, router, , , users] = hosts;
    const backends = [8001, 8002, 8003].map((port) => `${users.address}:${port}`);
    await router.cut();
    await statusWhen(core, 'it is gone', ({ nodes }) =>
      nodes.some(({ state }) => state === 'dead'),
    );
    for (const host of [core, router]) assert.ok(await hasOnly(host, backends, []), host.name);
    await router.heal();
    await settled(core);
  });
});
