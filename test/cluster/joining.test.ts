import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  asJson,
  assertClean,
  attach,
  clusterOf,
  ENDPOINT,
  hastenDeath,
  nodeOn,
  ownAddress,
  refused,
  rolesOf,
  settled,
  statusOf,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';

const BALANCE = 'cli/render/attach-lines.ts: kato node setup load_balancer';
const ATTACH =
  "cli/render/attach-lines.ts: kato node attach -e ${roles[0]} ${core.address}${next === null ? '' : ` && ${next}`}";

describe('a cluster, typed by hand on fresh hosts', () => {
  const lab = useLab({ hosts: 5 });
  const host = (number: number) => lab.host(number);
  const onHost = (number: number, line: string) =>
    typed(host(number), line.replace('kato node attach', `$&${ownAddress(host(number))}`));
  let lines: string[];

  it('begins with a core, which prints a complete line for each other kind of node', async () => {
    const said = await typed(host(1), `kato node setup core ${ENDPOINT}${ownAddress(host(1))}`);
    lines = [...said.matchAll(/^ {2}(KATO_TOKEN=.*) \\\n {4}(.*)$/gm)].map(
      ([, token, command]) => `${token} ${command}`,
    );
    const then = lines.map((line) => hint(line.replace(/^\S+ /, ''), ATTACH).text.split(' && ')[1]);
    assert.deepEqual(then, [undefined, hint(then[1], BALANCE).text, undefined]);
  });

  it('grows by these lines as they are, a load balancer with two routers among them', async () => {
    const [router, balancer, data] = lines;
    await Promise.all([
      onHost(2, router!),
      onHost(4, balancer!),
      onHost(5, data!),
      attach(host(3), host(1), 'router'),
    ]);
    const { nodes, pools, unassigned } = await settled(host(1));
    assert.deepEqual(nodes.map(rolesOf), [
      ['base', 'controller', 'primary', 'router'],
      ['base', 'router'],
      ['base', 'router'],
      ['base', 'load_balancer'],
      ['base', 'memcached', 'postgresql', 'redis'],
    ]);
    assert.deepEqual(unassigned, []);
    const routers = pools.find((pool) => pool.kind === 'routers');
    const members = [1, 2, 3].map((one) => ({ address: `${host(one).address}:80`, state: 'in' }));
    assert.deepEqual(routers?.members, members);
  });

  it('tells the same status on every node, and it is what ps sees there', async () => {
    const seen = await Promise.all(lab.hosts.map((one) => statusOf(one)));
    for (const [index, status] of seen.entries()) {
      assert.deepEqual(facts(status), facts(seen[0]!));
      assert.deepEqual(
        status.nodes.filter((node) => node.self).map((node) => node.address),
        [host(index + 1).address],
      );
    }
    for (const node of seen[0]!.nodes) {
      const at = lab.hosts.find((one) => one.address === node.address)!;
      for (const { name, pid } of node.roles.flatMap((role) => role.processes)) {
        const { stdout } = await at.run(['ps', '-o', 'args=', '-p', String(pid)]);
        assert.match(stdout, PROGRAMS[name]!, `${name} on ${node.name}, pid ${pid}`);
      }
    }
  });

  it('has the routers, and nothing else, in the live configuration of the load balancer', async () => {
    const [, balancer] = (await nodeOn(host(4))).roles;
    const master = await typed(host(4), `ps -o args= -p ${balancer!.processes[0]!.pid}`);
    const stdout = await typed(host(4), `nginx -T -q -c ${/-c (\S+)/.exec(master)![1]}`);
    const servers = [...stdout.matchAll(/^\s*server (\S+) max_fails=3/gm)].map(([, name]) => name);
    assert.deepEqual(
      [...new Set(servers)].sort(),
      [1, 2, 3].map((one) => `${host(one).address}:80`),
    );
  });

  it('serves real clients: curl at each router and the load balancer', async () => {
    const { cluster } = await statusOf(host(1));
    for (const at of [1, 2, 3, 4]) {
      const url = `http://${host(at).address}/v1/info`;
      const said = await typed(host(5), `curl -sf -m 10 -H 'Host: ${ENDPOINT}' ${url}`);
      assert.equal((JSON.parse(said) as { cluster: string }).cluster, cluster.id);
    }
  });

  it('serves real clients: redis-cli, psql and memcached, with the passwords it made', async () => {
    const { address } = host(5);
    const secretOf = (role: string) =>
      typed(host(1), `kato role info --secret ${role} -n ${address}`);
    const redis = `redis-cli -h ${address} --no-auth-warning`;
    assert.match(await typed(host(2), `${redis} ping`), /NOAUTH/);
    const env = { REDISCLI_AUTH: (await secretOf('redis')).trim() };
    assert.equal(await typed(host(2), `${redis} set a b`, { env }), 'OK\n');
    const psql = `psql -h ${address} -U postgres -Atc 'show server_encoding'`;
    assert.notEqual((await type(host(2), psql, { env: { PGPASSWORD: 'wrong' } })).exitCode, 0);
    const password = { PGPASSWORD: (await secretOf('postgresql')).trim() };
    assert.equal(await typed(host(2), psql, { env: password }), 'UTF8\n');
    const memcached = `exec 3<>/dev/tcp/${address}/11211; echo version >&3; head -1 <&3`;
    assert.match((await host(2).run(['bash', '-c', memcached])).stdout, /^VERSION /);
    assert.equal((await refused(host(2), `kato role info --secret redis -n h5`)).exitCode, 7);
  });
});

describe('attaching', () => {
  const lab = useLab({ hosts: 7 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);

  it('takes six machines at once, of which some have the same name', async () => {
    const others = [2, 3, 4, 5, 6, 7].map(host);
    await Promise.all(
      others.slice(0, 3).map((one) => one.kato('node', 'rename', 'same.example.com')),
    );
    await clusterOf(
      host(1),
      others.map((one) => [one, '']),
    );
    const { nodes } = await settled(host(1));
    assert.equal(nodes.length, 7);
    assert.deepEqual(nodes.map((node) => node.name).sort(), [
      'h1',
      'h5',
      'h6',
      'h7',
      'same',
      'same-2',
      'same-3',
    ]);
  });

  it('twice is already so, and gives the roles of -e', async () => {
    const again = `kato node attach ${host(1).address}`;
    assert.match(await typed(host(2), again), /already/);
    const value = await asJson<{ already: boolean; roles: string[] }>(host(2), `${again} -e redis`);
    assert.deepEqual([value.already, value.roles.sort()], [true, ['base', 'redis']]);
    assert.deepEqual(rolesOf(await nodeOn(host(2), host(1))), ['base', 'redis']);
  });

  it('a core twice is already so; to another endpoint, or on another node, is a conflict', async () => {
    assert.match(await typed(host(1), 'kato node setup core'), /already/);
    assert.match(await typed(host(1), `kato node setup core ${ENDPOINT}`), /already/);
    const other = await refused(host(1), 'kato node setup core api.example.org');
    assert.deepEqual([other.code, other.exitCode], ['CONFLICT', 4]);
    const node = await refused(host(2), 'kato node setup core');
    assert.deepEqual([node.code, node.exitCode], ['CONFLICT', 4]);
    assert.match(node.next!, /kato node detach/);
    assert.equal((await statusOf(host(1))).nodes.length, 7);
  });

  it('gives a clone an identity of its own, and does not disturb the original', async () => {
    const [original, clone] = [host(2), host(3)];
    await clone.kato('node', 'detach');
    const { stdout: disk } = await type(original, 'tar -C / -c var/lib/kato | base64');
    const machineId = await original.read('/etc/machine-id');
    await type(clone, 'rm -rf /var/lib/kato && base64 -d | tar -C / -x', { input: disk });
    await clone.write('/etc/machine-id', machineId);
    const before = await nodeOn(original);
    const env = { KATO_TOKEN: await tokenFrom(host(1)) };
    await typed(clone, `kato node attach --yes -e memcached ${host(1).address}`, { env });
    const { nodes } = await settled(host(1));
    const [first, second] = [original, clone].map(
      (one) => nodes.find((node) => node.address === one.address)!,
    );
    assert.notEqual(first!.id, second!.id);
    assert.deepEqual([first!.id, first!.name], [before.id, before.name]);
    assert.deepEqual(processesOf(first!), processesOf(before));
    assert.deepEqual(rolesOf(second!), ['base', 'memcached']);
  });

  it('lets a wiped machine take the place of its own record, once that is dead', async () => {
    const [core, wiped] = [host(1), host(5)];
    const before = await nodeOn(wiped);
    await wiped.powerOff();
    await forget(5);
    await wiped.powerOn();
    const env = { KATO_TOKEN: await tokenFrom(core) };
    const soon = await refused(wiped, `kato node attach ${core.address}`, { env });
    assert.deepEqual([soon.code, soon.exitCode], ['CONFLICT', 4]);
    assert.match(soon.next!, /kato node remove h5/);
    await assertClean(wiped);
    await hastenDeath(core);
    await statusWhen(core, 'h5 is dead', ({ nodes }) =>
      nodes.some((node) => node.id === before.id && node.state === 'dead'),
    );
    await attach(wiped, core, 'redis', env.KATO_TOKEN);
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 7);
    const after = nodes.find((node) => node.address === wiped.address)!;
    assert.equal(after.name, before.name);
    assert.deepEqual(rolesOf(after), ['base', 'redis']);
  });

  it('lets it do so at once when it had said that it leaves', async () => {
    await typed(host(6), 'kato node halt');
    await host(6).powerOff();
    await forget(6);
    await host(6).powerOn();
    await attach(host(6), host(1));
    assert.equal((await settled(host(1))).nodes.length, 7);
  });

  /** The disk of a host that is off loses all that kato keeps. */
  async function forget(number: number): Promise<void> {
    const upper = `${lab.folder}/disks/h${number}/upper`;
    await rm(`${upper}/var/lib/kato`, { recursive: true, force: true });
  }
});

/** What does not depend on the moment and on the asker. */
function facts({ cluster, nodes, pools }: Status) {
  return {
    id: cluster.id,
    nodes: nodes.map((node) => [node.id, node.name, node.address, node.state, node.roles]),
    pools,
  };
}

function processesOf({ roles }: Status['nodes'][number]): (number | null)[] {
  return roles.flatMap((role) => role.processes.map(({ pid }) => pid));
}

/** What ps calls the program of a process. */
const PROGRAMS: Record<string, RegExp> = {
  'nats-server': /nats-server -c/,
  controller: /(main\.ts|kato\.js) controller/,
  router: /nginx: master process/,
  load_balancer: /nginx: master process/,
  redis: /redis-server/,
  memcached: /memcached/,
  postgresql: /postgres /,
};
