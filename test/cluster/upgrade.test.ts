import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Status } from '../../src/domain/telling/status.ts';
import { asJson, clusterOf, type, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { install, RELEASES, upgrade } from '../support/release/installed.ts';
import { pidOf } from '../support/running.ts';
import { startBackend, startLoad } from '../support/traffic/on-hosts.ts';
import { until } from '../support/until.ts';

const SHOP = 'shop.example.com';
const PER_SECOND = 300;
/** The role that is stopped and started meanwhile. */
const SWITCHED = 'memcached';
const { version: NEW } = JSON.parse(readFileSync(`${CHECKOUT}/package.json`, 'utf8')) as {
  version: string;
};
/** What goes on through an upgrade, by the names of processes. */
const ROLE_PROCESSES = /^(nginx: master|redis-server|postgres -D|memcached)/;

for (const OLD of RELEASES) {
  describe(`a cluster of kato ${OLD} that is upgraded under load, node by node, controllers first`, () => {
    const lab = useLab({ hosts: 6 });
    needsMachines(lab);
    /** A core and a controller, a node with data, a balancer, a router: in the order of the upgrade. */
    let nodes: readonly Host[];
    let load: Awaited<ReturnType<typeof startLoad>>;
    let watch: ReturnType<typeof watchStatus>;
    const done = new Set<string>();

    before('five nodes with a shop, and users who want something all the time', async () => {
      const [core, second, data, balancer, router, users] = lab.hosts as [...Host[]] as [
        Host,
        Host,
        Host,
        Host,
        Host,
        Host,
      ];
      nodes = [core, second, data, balancer, router];
      await Promise.all(nodes.map((host) => install(host, OLD)));
      await clusterOf(core, [
        [second, 'router'],
        [data, 'redis,postgresql'],
        [balancer, ''],
        [router, `router,${SWITCHED}`],
      ]);
      await typed(core, `kato role add -n ${second.name} controller`);
      await typed(balancer, 'kato node setup load_balancer');
      const backends = await Promise.all(
        [8001, 8002].map((port, i) => startBackend(users, `b${i}`, port)),
      );
      const addresses = backends.map(({ address }) => address).join(' ');
      await typed(core, `kato route add ${SHOP} ${addresses}`);
      await typed(
        data,
        'redis-cli -a "$(cat /var/lib/kato/config/redis/current/password)" set k v',
      );
      // Of this hold the document of 0.1.0 never learns that it has ended.
      await typed(router, 'kato process stop router && kato node halt && kato node boot');
      await until(async () => isWhole(await asJson<Status>(core, 'kato status --all')), {
        what: 'the cluster has settled',
        seconds: 30,
      });
      load = await startLoad(users, {
        target: balancer.address,
        host: SHOP,
        perSecond: PER_SECOND,
      });
      watch = watchStatus(nodes, (name) => (done.has(name) ? NEW : OLD));
    });

    for (const [index, role] of [
      'core',
      'second controller',
      'data',
      'balancer',
      'router',
    ].entries()) {
      it(`goes on when its ${role} is upgraded, and what runs there is not restarted`, async () => {
        const host = nodes[index]!;
        const before = pidsOf(host);
        const bus = index === 0 ? await pidOf(host, 'nats-server') : null;
        await watch.during(host.name, async () => {
          await upgrade(host, index < 2);
          done.add(host.name);
          await until(
            async () => isUpgraded(await asJson<Status>(nodes[0]!, 'kato status --all')),
            {
              what: `${host.name} is there with ${NEW}`,
              seconds: 30,
            },
          );
          // It has another configuration since, and nobody can ask while it starts anew.
          const isRestarted = async () =>
            bus === null ||
            ((await pidOf(host, 'nats-server')) !== bus &&
              isUpgraded(await asJson<Status>(nodes[3]!, 'kato status --all')));
          await until(isRestarted, { what: 'the bus is back', seconds: 30 });
        });
        assert.deepEqual(pidsOf(host), before);
        assert.deepEqual(watch.faults(), []);
        const { pools } = await asJson<Status>(nodes[0]!, 'kato status --all');
        assert.equal(pools.find(({ kind }) => kind === 'routers')!.members.length, 3);

        function isUpgraded(status: Status): boolean {
          const node = status.nodes.find(({ name }) => name === host.name);
          return node?.version === NEW && isWhole(status);
        }
      });

      it(`is changed afterwards by nodes of either version (${role})`, async () => {
        const [core, , , , last] = nodes as [Host, Host, Host, Host, Host];
        await typed(core, `kato route add n${index}.example.com ${lab.hosts[5]!.address}:8001`);
        await typed(last, `kato stop ${SWITCHED} && kato start ${SWITCHED}`);
        assert.deepEqual(watch.faults(), []);
      });
    }

    it('fails no request, and tells the truth at every moment', async () => {
      const looks = await watch.end();
      const summary = await load.end();
      assert.deepEqual(summary.failures, {});
      assert.ok(summary.requests > 1000, `${summary.requests} requests`);
      assert.ok(looks > 50, `${looks} looks`);
      assert.equal(await redisSays('get k'), 'v');
    });

    it('restarts a database for what the cluster asks of it', async () => {
      const [core, , data] = nodes as [Host, Host, Host];
      const before = pidsOf(data).filter((line) => line.includes('redis'));
      await typed(core, 'kato config set redis max_memory 300m');
      assert.match(await redisSays('config get maxmemory'), /^314572800$/m);
      const after = pidsOf(data).filter((line) => line.includes('redis'));
      assert.deepEqual([before.length, after.length], [1, 1]);
      assert.notDeepEqual(after, before);
      assert.equal(await redisSays('get k'), 'v');
    });

    async function redisSays(words: string): Promise<string> {
      const password = '"$(cat /var/lib/kato/config/redis/current/password)"';
      return (await typed(nodes[2]!, `redis-cli -a ${password} ${words}`)).trim();
    }
  });
}

/** All is there and runs, whichever version says so. */
function isWhole({ nodes }: Status): boolean {
  return nodes.every(
    ({ state, lastSeen, error, roles }) =>
      state === 'active' &&
      lastSeen === 0 &&
      error === undefined &&
      roles.every((role) => role.state === 'running'),
  );
}

/** The supervised programs of roles. */
function pidsOf(host: Host): string[] {
  return host
    .processes()
    .filter(({ argv }) => ROLE_PROCESSES.test(argv.join(' ').replace(/^\S*\//, '')))
    .map(({ pid, argv }) => `${pid} ${argv[0]}`)
    .sort();
}

/**
 * Asks all nodes for the status, over and over, and looks at each answer: who is there, what runs, and
 * by which version. Of a node that is being upgraded it may say that it is on its way.
 */
function watchStatus(hosts: readonly Host[], versionOf: (name: string) => string) {
  const faults: string[] = [];
  const busy = new Set<string>();
  let looks = 0;
  let ended = false;
  const watching = hosts.map(async (host) => {
    while (!ended) await look(host);
  });
  return {
    faults: () => faults,
    during: async (name: string, work: () => Promise<void>) => {
      busy.add(name);
      await work();
      busy.delete(name);
    },
    end: async () => {
      ended = true;
      await Promise.all(watching);
      return looks;
    },
  };

  async function look(host: Host): Promise<void> {
    const before = new Set(busy);
    const versions = new Map(hosts.map(({ name }) => [name, versionOf(name)]));
    const { exitCode, stdout, stderr } = await type(host, 'kato status --all --json');
    const moving = new Set([...before, ...busy]);
    const said = JSON.parse(stdout === '' ? '{}' : stdout) as Partial<Status>;
    if (said.nodes === undefined) {
      if (!moving.has(host.name)) faults.push(`${host.name}: ${exitCode} ${stdout}${stderr}`);
      return;
    }
    looks++;
    const { nodes, warnings } = said as Status;
    for (const { message } of moving.size === 0 ? warnings : []) {
      if (!message.includes(SWITCHED)) faults.push(`${host.name} warns: ${message}`);
    }
    assert.equal(nodes.length, hosts.length);
    for (const { name, state, version, roles } of nodes) {
      const tell = (what: string) => faults.push(`${host.name} says of ${name}: ${what}`);
      if (state !== 'active') tell(state);
      if (moving.has(name)) continue;
      if (version !== versions.get(name)) tell(`${version}, not ${versions.get(name)}`);
      for (const role of roles.filter((one) => one.name !== SWITCHED)) {
        if (role.state !== 'running') tell(`${role.name} ${role.state}`);
      }
    }
  }
}
