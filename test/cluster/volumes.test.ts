import assert from 'node:assert/strict';
import type { NodeStatus } from '../../src/domain/telling/status.ts';
import { clusterOf, nodeOn, settled, statusWhen, type, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { remembered } from '../support/memory.ts';
import { pidOf, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const ROLES = ['postgresql', 'redis'];
/** Roles whose data is lost here. */
const NEED = [...ROLES, 'primary'];
const DATA = '/var/lib/kato/data';
const VOLUMES = '/root/volumes';

/** How a folder is on a volume; what lies in `VOLUMES` stays on the host's disk, a mount does not. */
const KINDS = {
  link: {
    come: (role: string) =>
      `[ -L ${DATA}/${role} ] && mv ${VOLUMES}/${role}.away ${VOLUMES}/${role} || ln -s ${VOLUMES}/${role} ${DATA}/${role}`,
    go: (role: string) => `mv ${VOLUMES}/${role} ${VOLUMES}/${role}.away`,
  },
  mount: {
    come: (role: string) =>
      `mkdir -p ${DATA}/${role} && mount --bind ${VOLUMES}/${role} ${DATA}/${role}`,
    go: () => 'true',
  },
};

describe('data on volumes', () => {
  const lab = useLab({ hosts: 3 });
  let core: Host;
  /** Each role is on a link on one of them, and on a mount on the other. */
  let nodes: [Host, Host];

  const kindOf = (host: Host, role: string) =>
    (host === nodes[0]) === (role === 'redis') ? KINDS.mount : KINDS.link;
  const onAll = (what: 'come' | 'go', host: Host) =>
    typed(host, ROLES.map((role) => `{ ${kindOf(host, role)[what](role)}; }`).join(' && '));

  before(async () => {
    core = lab.host(1);
    nodes = [lab.host(2), lab.host(3)];
    for (const host of nodes) {
      await typed(host, `mkdir -p ${DATA} ${ROLES.map((role) => `${VOLUMES}/${role}`).join(' ')}`);
      await onAll('come', host);
    }
    await clusterOf(core, [
      [nodes[0], ROLES.join()],
      [nodes[1], ROLES.join()],
    ]);
    await settled(core);
  });

  const secret = async (host: Host, role: string): Promise<string> =>
    (await typed(core, `kato role info --secret ${role} -n ${host.name}`)).trim();
  const redis = async (host: Host, words: string): Promise<string> => {
    const env = { REDISCLI_AUTH: await secret(host, 'redis') };
    return (await typed(core, `redis-cli -h ${host.address} ${words}`, { env })).trim();
  };
  const psql = async (host: Host, sql: string): Promise<string> => {
    const env = { PGPASSWORD: await secret(host, 'postgresql') };
    const line = `psql -h ${host.address} -U postgres -Atqc "${sql}"`;
    return (await typed(core, line, { env })).trim();
  };
  const assertRows = async (host: Host): Promise<void> => {
    assert.equal(await redis(host, 'get k'), 'kept');
    assert.equal(await psql(host, 'select x from t'), 'kept');
  };
  const beside = async (host: Host) => (await typed(host, `ls -A ${DATA}`)).trim().split('\n');
  const misses = (node: NodeStatus): boolean =>
    node.error?.code === 'DATA_MISSING' &&
    node.roles.every(({ name, state }) => !NEED.includes(name) || state === 'failed');

  it('that are not there at boot are waited for: nothing is made anew, all rows are back', async () => {
    for (const host of nodes) {
      assert.equal(await redis(host, 'set k kept'), 'OK');
      await psql(host, "create table t (x text); insert into t values ('kept')");
    }
    await Promise.all(
      nodes.map(async (host) => {
        await onAll('go', host);
        await host.powerOff();
        await host.powerOn();
      }),
    );
    const { warnings } = await statusWhen(
      core,
      'both nodes miss their data',
      (status) => status.nodes.filter((node) => node.roles.length > 1 && misses(node)).length === 2,
    );
    assert.ok(
      warnings.some(({ message }) =>
        /missing: .*is a link to something that is not there/.test(message),
      ),
    );
    assert.ok(warnings.some(({ message }) => /missing: .* is empty, .*; mount its/.test(message)));
    for (const host of nodes) {
      assert.deepEqual(await beside(host), ROLES);
      const onMount = ROLES.find((role) => kindOf(host, role) === KINDS.mount);
      assert.equal(await typed(host, `ls -A ${DATA}/${onMount}`), '');
    }

    await Promise.all(nodes.map((host) => onAll('come', host)));
    await settled(core);
    for (const host of nodes) {
      await assertRows(host);
      assert.deepEqual(await beside(host), ROLES);
    }
  });

  it('can be worked on while their role is stopped, and nobody misses them', async () => {
    const [, host] = nodes;
    await core.kato('stop', '-n', host.name, 'postgresql');
    await typed(host, `umount ${DATA}/postgresql`);
    await host.kato('restart', 'redis');
    assert.equal((await nodeOn(host, core)).error, undefined);
    await typed(host, KINDS.mount.come('postgresql'));
    await core.kato('start', '-n', host.name, 'postgresql');
    await settled(core);
    await assertRows(host);
  });

  it('are not emptied by an update from 0.1.0, and no process is restarted for it', async () => {
    const [host] = nodes;
    const before = await pidsOf(host);
    // What 0.1.0 knew: two marks beside the data, and run scripts that wait for nothing.
    await host.freeze(await pidOf(host, 'agent'));
    const forget = ROLES.map((role) => `rm ${DATA}/${role}/.kato-data ${service(role)}/await-data`);
    await typed(host, `${forget.join(' && ')} && rm -r /var/lib/kato/made`);
    await typed(
      host,
      `sed -i '/await-data/d' ${ROLES.map((role) => `${service(role)}/run`).join(' ')}`,
    );
    await host.thaw(await pidOf(host, 'agent'));
    await typed(host, 's6-svc -r /var/lib/kato/service/agent');
    const marks = ROLES.map((role) => `${DATA}/${role}/.kato-data ${service(role)}/await-data`);
    await until(async () => (await type(host, `ls ${marks.join(' ')}`)).exitCode === 0, {
      what: 'it is taken over',
      seconds: 20,
    });
    await settled(core);
    assert.deepEqual(await pidsOf(host), before);
    await assertRows(host);
  });

  it('that are lost are given up by what the error says, and the role begins anew', async () => {
    const [host] = nodes;
    await typed(host, `s6-svc -wD -T 20000 -d ${service('redis')} && umount ${DATA}/redis`);
    await typed(host, `s6-svc -u ${service('redis')}`);
    const restart = await type(core, `kato restart -n ${host.name} redis --json`);
    const { error } = JSON.parse(restart.stdout) as { error: { code: string; next: string } };
    assert.equal(error.code, 'DATA_MISSING');
    const { commands } = hint(
      error.next,
      'domain/making/data-state.ts: mount its volume, or restore the data; if it is lost for good: kato role remove --purge-data -n ${node} ${role}, then kato role add -n ${node} ${role}',
    );
    const [remove, add] = commands;
    await typed(core, `${remove} --yes`);
    await typed(core, add!);
    await settled(core);
    assert.equal(await redis(host, 'get k'), '');
    assert.equal(await redis(host, 'set k new'), 'OK');
    assert.equal(await psql(host, 'select x from t'), 'kept');
    await typed(host, `ls ${VOLUMES}/redis/.kato-data`);
  });

  it('of the bus that are lost are told by the core itself, and a recovery begins anew', async () => {
    const bus = service('nats-server');
    const lose = `rm -rf ${DATA}/nats-server`;
    await typed(core, `s6-svc -wD -T 20000 -d ${bus} && ${lose} && s6-svc -u ${bus}`);
    await typed(core, `s6-svc -r ${service('agent')}`);
    await until(async () => (await remembered(core)).nodes.some(misses), {
      what: 'the core says that it misses the data of the bus',
      seconds: 20,
    });
    const own = (await remembered(core)).nodes.find((node) => node.self)!;
    const { commands } = hint(
      own.error?.next,
      'domain/making/data-state.ts: mount its volume, or restore the data; if it is lost for good: kato node setup core --recover-from FILE',
    );
    await typed(core, commands[0]!.replace('FILE', '/var/lib/kato/state/ledger.json'));
    await settled(core);
    assert.equal(await redis(nodes[1], 'get k'), 'kept');
  });
});

const service = (role: string): string => `/var/lib/kato/service/${role}`;

async function pidsOf(host: Host): Promise<string[]> {
  const running = await runningOn([host]);
  return ROLES.map((role) => running[`${host.name} ${role}`]!);
}
