import assert from 'node:assert/strict';
import type { Check } from '../../src/domain/telling/check.ts';
import {
  asJson,
  clusterOf,
  hastenDeath,
  nodeOn,
  settled,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';

const CONFIG = '/var/lib/kato/config/router/loaded/nginx.conf';

describe('kato node setup core without words', () => {
  const lab = useLab({ hosts: 1 });
  needsMachines(lab);

  it('finds out name and address, and says what a person should know of them', async () => {
    const host = lab.host(1);
    const { address } = host;
    const lease = 'valid_lft 3600 preferred_lft 3600';
    await typed(host, `ip address add 10.99.0.5/24 dev eth0`);
    await typed(host, `ip address change ${address}/24 dev eth0 ${lease}`);
    await typed(host, 'kato node rename core.example.com --no-restart');
    await typed(host, `echo ${address} api.core.example.com >> /etc/hosts`);
    const said = await typed(host, 'kato node setup core');
    assert.match(said, new RegExp(`^core is the core of api.core.example.com at ${address}$`, 'm'));
    const notes = said.split('\n').filter((line) => line.startsWith('note: '));
    const wanted = [
      `using ${address}, on the default route; --address selects another: 10.99.0.5`,
      `${address} comes from DHCP: reserve it, other nodes find this one by it`,
      'no systemd starts this node: have `.*kato node boot` called at boot',
      String.raw`\*.core.example.com does not resolve here: .*`,
    ];
    assert.equal(notes.length, wanted.length, said);
    notes.forEach((note, i) => {
      assert.match(note, new RegExp(`^note: ${wanted[i]}$`));
    });
    const { values } = hint(
      notes[2]!.replace('note: ', ''),
      'machine/node/boot-unit.ts: no systemd starts this node: have `${katoBin} node boot` called at boot',
    );
    assert.equal(await typed(host, 'kato node halt'), 'this node is stopped\n');
    const halted = 'already so: this node is not running\n';
    assert.equal(await typed(host, 'kato node halt'), halted);
    const boot = `${values[0]} node boot`;
    assert.equal(await typed(host, boot), 'this node is starting\n');
    await typed(host, 'kato process ready all --block 30');
    assert.equal(await typed(host, boot), 'already so: this node is running\n');
    assert.match(
      said,
      /To attach other machines, run one of these lines there\. Each token is good for one machine\nuntil \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/,
    );
  });
});

describe('commands that are typed at a cluster', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);
  const core = (line: string) => typed(host(1), `kato ${line}`);
  const read = <Value>(line: string) => asJson<Value>(host(1), `kato ${line}`);

  before('a core and a node', async () => {
    await clusterOf(host(1), [[host(2), 'redis']]);
    await settled(host(1));
  });

  it('attach asks for the token where it is not given, and does not show it', async () => {
    const token = await tokenFrom(host(1));
    const line = `stty cols 100; kato node attach -s -e memcached ${host(1).address}`;
    const asked = 'until grep -qs "Join token" /tmp/said; do :; done; echo "$TOKEN"';
    const said = await typed(host(3), `(${asked}) | script -qfec '${line}' /tmp/said`, {
      env: { TOKEN: token },
    });
    assert.match(said, /h3 is attached/);
    assert.ok(!said.includes(token.slice(-20)), said);
    const { roles } = await nodeOn(host(3), host(1));
    assert.deepEqual(
      roles.map(({ name, state }) => [name, state]),
      [
        ['base', 'running'],
        ['memcached', 'stopped'],
      ],
    );
  });

  it('info tells what a node is and what it may be given', async () => {
    const own = await core('info');
    assert.match(own, /^node +h1, an admin node$/m);
    assert.match(own, /^roles +base primary controller router$/m);
    const { id, roles, available } = await read<{ [key: string]: unknown }>('info -n h2');
    assert.equal(id, (await nodeOn(host(2), host(1))).id);
    assert.deepEqual(roles, ['base', 'redis']);
    assert.ok((available as string[]).includes('memcached'));
    assert.ok(!(available as string[]).includes('load_balancer'), 'it is given by a setup command');
  });

  it('node list begins each line with the address, as scripts expect it', async () => {
    const first = await typed(host(1), 'kato node list | cut -d " " -f 1');
    assert.equal(first, `${lab.hosts.map((one) => one.address).join('\n')}\n`);
    const primary = await typed(host(2), 'kato node list | grep primary | cut -d " " -f 1');
    assert.equal(primary.trim(), host(1).address);
  });

  it('node list --json says who is an admin or a controller', async () => {
    const listed = await read<{ name: string; admin: boolean; roles: string[] }[]>('node list');
    const mighty = (is: (node: (typeof listed)[number]) => boolean): string[] =>
      listed.filter(is).map(({ name }) => name);
    assert.ok(listed.length > 1);
    assert.deepEqual(
      mighty(({ admin }) => admin),
      ['h1'],
    );
    assert.deepEqual(
      mighty(({ roles }) => roles.includes('controller')),
      ['h1'],
    );
  });

  it('version tells that of the program, the agents and the controllers', async () => {
    const version = (await core('--version')).split(' ')[1]!.trim();
    assert.match(await core('version'), new RegExp(`^controller on h1 +${version}$`, 'm'));
    assert.equal(await core(`node version ${host(2).address}`), `h2: kato ${version}\n`);
  });

  it('process list shows those of one node, or of all', async () => {
    const rows = async (line: string) =>
      (await core(line))
        .split('\n')
        .slice(1)
        .filter(Boolean)
        .map((row) => row.split(/ +/).slice(0, 3).join(' '));
    assert.deepEqual(await rows('process list -n h2'), ['h2 redis RUNNING']);
    assert.deepEqual(await rows('process list --cluster redis memcached'), [
      'h2 redis RUNNING',
      'h3 memcached STOPPED',
    ]);
  });

  it('config push, pop and del change a list and go back to the default', async () => {
    const has = async () => (await host(1).read(CONFIG)).includes('10.1.0.0/16 1;');
    await core('config push router trusted_proxies 10.1.0.0/16');
    assert.equal(await has(), true);
    assert.match(await core('config push router trusted_proxies 10.1.0.0/16'), /^already so/);
    await core('config pop router trusted_proxies 10.1.0.0/16');
    assert.equal(await has(), false);
    await core('config set redis port 7000');
    assert.equal(await core('config get --flat redis port'), 'redis port 7000\n');
    const listens = (port: number) =>
      type(host(1), `redis-cli -h ${host(2).address} -p ${port} ping`);
    assert.match((await listens(7000)).stdout, /NOAUTH/);
    await core('config del redis port');
    assert.match((await listens(6379)).stdout, /NOAUTH/);
    assert.equal(await read<number>('config get redis port'), 6379);
  });

  it('restart gives a role a new process', async () => {
    const redis = async () =>
      (await nodeOn(host(2), host(1))).roles.find(({ name }) => name === 'redis')!.processes[0]!;
    const { pid } = await redis();
    await core('restart -n h2 redis');
    const after = await redis();
    assert.equal(after.state, 'RUNNING');
    assert.notEqual(after.pid, pid);
  });

  it('route remove takes one backend, then the route', async () => {
    const backends = async () => [
      ...new Set((await host(1).read(CONFIG)).match(/10\.9\.9\.\d(?=:80 )/g)),
    ];
    await core('route add shop.example.com 10.9.9.1:80 10.9.9.2:80');
    assert.deepEqual(await backends(), ['10.9.9.1', '10.9.9.2']);
    await core('route remove shop.example.com 10.9.9.1:80');
    assert.deepEqual(await backends(), ['10.9.9.2']);
    await core('route remove shop.example.com');
    assert.deepEqual(await backends(), []);
    assert.deepEqual(await read('route list'), []);
  });

  it('history tells who asked for what, and what came of it, on every node', async () => {
    const entries = await asJson<{ [key: string]: unknown }[]>(host(3), 'kato history --limit 3');
    assert.deepEqual(
      entries.map(({ by, operation, outcome }) => [by, operation, outcome]),
      [
        ['h1', 'route.add', 'done'],
        ['h1', 'route.remove', 'done'],
        ['h1', 'route.remove', 'done'],
      ],
    );
    const ofThree = await core('history -n h3');
    assert.match(ofThree, /node\.join/);
    assert.doesNotMatch(ofThree, /route\./);
  });

  it('check is at rest while all is well, and critical when a node is dead', async () => {
    const check = (format: string) => type(host(1), `kato check --format ${format}`);
    const well = await check('nagios');
    assert.deepEqual([well.exitCode, well.stdout.slice(0, 9)], [0, 'KATO OK -'], well.stdout);
    assert.match((await check('prometheus')).stdout, /^kato_check\{check="nodes"\} 0$/m);

    await hastenDeath(host(1));
    await host(3).powerOff();
    await statusWhen(host(1), 'h3 is dead', ({ nodes }) => nodes[2]!.state === 'dead');
    const nagios = await check('nagios');
    assert.deepEqual([nagios.exitCode, nagios.stdout.slice(0, 15)], [2, 'KATO CRITICAL -']);
    const prometheus = await check('prometheus');
    assert.match(prometheus.stdout, /^kato_check\{check="nodes",subject="h3"\} 2$/m);
    const json = await check('json');
    const nodes = (JSON.parse(json.stdout) as Check[]).filter(({ name }) => name === 'nodes');
    assert.deepEqual(
      nodes.map(({ level, subject }) => [level, subject]),
      [['critical', 'h3']],
    );
    assert.deepEqual(
      [prometheus.exitCode, json.exitCode, (await check('text')).exitCode],
      [1, 1, 1],
    );
  });

  it('node remove --skip-detach does not ask a node that is destroyed', async () => {
    await core('node remove --skip-detach h3');
    assert.doesNotMatch(await core('node list'), /h3/);
  });
});
