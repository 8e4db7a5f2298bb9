import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  attach,
  coreOn,
  hastenDeath,
  refused,
  settled,
  statusOf,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { assertData, cloneOf, dataNode, otherAddress, readdress } from '../support/identities.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { pidOf, restarted, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const MOVED =
  'domain/nodes/displaced.ts: kato node migrate ${known} ${now} on the core, or give it ${known} again';
/** What was heard of a machine that is off counts for so long. */
const LONG_SECONDS = 45;

describe('a node that goes to another address', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  let core: Host;
  let data: Host;
  let router: Host;
  let copy: Host;

  before('a core, a node with rows in its databases, a router', async () => {
    [core, data, router, copy] = lab.hosts as [Host, Host, Host, Host];
    await coreOn(core);
    await Promise.all([dataNode(data, core), attach(router, core, 'router')]);
    await hastenDeath(core);
    await settled(core);
  });

  const saying =
    (code: string, text: RegExp) =>
    ({ warnings }: Status): boolean =>
      warnings.some((warning) => warning.code === code && text.test(warning.message));
  /** What helps a machine that has the identity of a node, and no address any more. */
  const withoutAddress = async (host: Host): Promise<string | undefined> => {
    await typed(host, 'ip address flush dev eth0');
    const error = await until(
      async () => {
        const told = await refused(host, 'kato role remove redis');
        return /it has no address$/.test(told.message) ? told : null;
      },
      { what: 'it says that it has none', seconds: 10 },
    );
    return error.next;
  };
  /** What a warning says helps. */
  const helpIn = (warnings: Status['warnings'], wanted: string): string | undefined =>
    warnings.find(({ code }) => code === wanted)?.message.replace(/^.*?: /, '');
  const isQuiet = ({ warnings }: Status): boolean =>
    !warnings.some(({ code }) => code === 'NODE_MOVED' || code === 'NODE_CLONED');
  const stateOf = async (host: Host) => {
    const { nodes } = await statusOf(core);
    return nodes.find(({ name }) => name === host.name)?.state;
  };

  it('while it runs, does nothing more for the cluster, and everybody can see why', async () => {
    const [old, now] = [data.address, otherAddress(data)];
    const before = await runningOn([data]);
    await readdress(data, old, now);
    const command = `kato node migrate ${old} ${now}`;
    const moved = new RegExp(`^h2 is at ${now} now, the cluster knows ${old}: ${command}`);
    for (const host of [core, router, data]) {
      await statusWhen(host, `${host.name} knows`, saying('NODE_MOVED', moved));
    }
    assert.equal(await stateOf(data), 'dead');
    const { warnings } = await statusOf(core);
    assert.deepEqual(hint(helpIn(warnings, 'NODE_MOVED'), MOVED).commands, [command]);
    const { stdout } = await type(core, 'kato check --json');
    const checks = JSON.parse(stdout) as { name: string; message: string }[];
    assert.ok(checks.some(({ name, message }) => name === 'nodes' && moved.test(message)));
    for (const line of ['kato role add memcached', 'kato node detach', 'kato route list']) {
      const { code, exitCode, message, next } = await refused(data, line);
      assert.deepEqual([code, exitCode], ['CONFLICT', 4], line);
      const is = `this machine has the identity of node h2, which is at ${old}; it has ${now}`;
      assert.equal(message, is);
      assert.deepEqual(hint(next, MOVED).commands, [command]);
    }
    assert.deepEqual(restarted(before, await runningOn([data])), []);
  });

  it('goes on as before when it has its address again', async () => {
    const before = await runningOn([data]);
    await readdress(data, otherAddress(data), data.address);
    await statusWhen(core, 'h2 is back', isQuiet);
    await settled(core);
    assert.deepEqual(restarted(before, await runningOn([data])), []);
    await typed(data, 'kato role add memcached && kato role remove memcached');
    await assertData(data, core);
  });

  it('says so at its next boot, also when it had left in order', async () => {
    await typed(data, 'kato node halt');
    await readdress(data, data.address, otherAddress(data));
    await typed(data, 'kato node boot');
    await statusWhen(core, 'h2 says where it is', saying('NODE_MOVED', /^h2 is at/));
    const { stdout, exitCode } = await type(data, 'kato status');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^! h2 is at/);
    assert.equal(await stateOf(data), 'left');
  });

  it('is moved there by nobody but an admin, and by no typing error', async () => {
    const [old, now] = [data.address, otherAddress(data)];
    const typo = await refused(core, `kato node migrate ${old} ${now.slice(0, -1)}9`);
    assert.equal(typo.code, 'CONFLICT');
    const meant = hint(
      typo.next,
      'domain/nodes/migrate.ts: kato node migrate ${from} ${other.address}',
    );
    assert.deepEqual(meant.commands, [`kato node migrate ${old} ${now}`]);
    const taken = await refused(core, `kato node migrate ${old} ${router.address}`);
    assert.match(taken.message, /belongs to node h3/);
    const { commands } = hint(
      taken.next,
      'domain/nodes/migrate.ts: kato node list shows all nodes',
    );
    assert.match(await typed(core, commands[0]!), new RegExp(`^${router.address} +h3 `, 'm'));
    const noNode = await refused(core, `kato node migrate ${now} ${old}`);
    assert.equal(noNode.code, 'UNKNOWN_NODE');
    const whole = await refused(core, `kato node migrate ${core.address} ${now}`);
    assert.match(whole.message, /the core h1 cannot be migrated/);
    const plain = await refused(router, `kato node migrate ${old} ${now}`);
    assert.equal(plain.code, 'NOT_ALLOWED');
  });

  it('goes on there with its data and its roles when an admin says so', async () => {
    const [old, now] = [data.address, otherAddress(data)];
    const { id } = (await statusOf(core)).nodes.find(({ name }) => name === data.name)!;
    const said = await typed(core, `kato node migrate ${old} ${now}`);
    assert.match(said, new RegExp(`^h2 is at ${now}$`, 'm'));
    const { nodes } = await settled(core);
    const after = nodes.find((node) => node.id === id)!;
    assert.deepEqual([after.name, after.address, after.state], ['h2', now, 'active']);
    await assertData(data, core, now);
    assert.ok(isQuiet(await statusOf(core)));
    for (const it of ['h2', old]) {
      assert.match(await typed(core, `kato node migrate ${it} ${now}`), /already so: h2 is at/);
    }
    await data.powerOff();
    await data.powerOn();
    await readdress(data, old, now);
    await settled(core);
    await assertData(data, core, now);
  });

  it('is followed by pools, also where it has both addresses while it goes', async () => {
    const [old, now] = [router.address, otherAddress(router)];
    await typed(router, `ip address add ${now}/24 dev eth0`);
    await typed(core, `kato node migrate ${old} ${now}`);
    const { pools } = await settled(core);
    const members = pools.find(({ name }) => name === 'routers')!.members;
    assert.deepEqual(
      members.map(({ address }) => address),
      [`${core.address}:80`, `${now}:80`],
    );
  });

  it('that was told wrongly by force says so, and is brought back', async () => {
    const now = otherAddress(router);
    const wrong = now.replace(/\d+$/, '199');
    await typed(core, `kato node migrate --force ${now} ${wrong}`);
    const help = new RegExp(`the cluster knows ${wrong}: kato node migrate ${wrong} ${now} `);
    await statusWhen(core, 'h3 says where it is', saying('NODE_MOVED', help));
    const told = hint(
      await withoutAddress(router),
      'domain/nodes/displaced.ts: give it ${known} again',
    );
    assert.deepEqual(told.values, [wrong]);
    await typed(router, `ip address add ${now}/24 dev eth0`);
    await typed(core, `kato node migrate ${wrong} ${now}`);
    await settled(core);
    assert.ok(isQuiet(await statusOf(core)));
  });

  it('is told from a copy of it, which speaks for nobody', async () => {
    const now = otherAddress(data);
    const before = await runningOn([data]);
    await cloneOf(data, copy, { sameMachineId: true });
    await typed(copy, 'kato node boot');
    const cloned = saying('NODE_CLONED', new RegExp(`^a copy of h2 runs at ${copy.address}: `));
    for (const host of [core, copy]) await statusWhen(host, `${host.name} knows`, cloned);
    await until(async () => (await pidOf(copy, 'redis')) > 0, {
      what: 'the copy runs what it ran, as the guide warns',
      seconds: 10,
    });
    const { warnings } = await statusOf(core);
    hint(
      helpIn(warnings, 'NODE_CLONED'),
      'domain/nodes/displaced.ts: kato node attach there makes it a node of its own',
    );
    const refusal = await refused(core, `kato node migrate ${now} ${copy.address}`);
    assert.equal(refusal.message, `node h2 is alive at ${now}`);
    hint(
      refusal.next,
      'domain/nodes/migrate.ts: kato node attach there makes the copy a node of its own; --force makes it this one',
    );
    const spoken = await refused(copy, 'kato role remove redis');
    assert.equal(spoken.code, 'CONFLICT');
    assert.ok((await statusOf(copy)).nodes.every(({ self }) => !self));
    assert.deepEqual(restarted(before, await runningOn([data])), []);
    await assertData(data, core, now);
    const known = otherAddress(router);
    await typed(core, `kato node migrate --force ${known} ${copy.address}`);
    const held = saying('NODE_CLONED', /, the address of h3: /);
    const status = await statusWhen(core, 'the copy has the address of a node', held);
    hint(
      helpIn(status.warnings, 'NODE_CLONED'),
      'domain/nodes/displaced.ts: give it an address of its own; then kato node attach there makes it a node of its own',
    );
    await statusWhen(core, 'h3 says where it is', saying('NODE_MOVED', /^h3 is at/));
    await typed(core, `kato node migrate ${copy.address} ${known}`);
  });

  it('is told from a copy that has its address, too: two speak as one', async () => {
    await typed(copy, `kato node halt && ip address add ${otherAddress(data)}/32 dev lo`);
    await typed(copy, 'kato node boot');
    const twins = saying('NODE_CLONED', /^two machines speak as h2/);
    const { warnings } = await statusWhen(core, 'two are heard', twins);
    const { commands } = hint(
      warnings.find(({ code }) => code === 'NODE_CLONED')?.message,
      'domain/nodes/displaced.ts: two machines speak as ${name} (${address}): on the copy: kato node halt, another address, kato node attach CORE_IP',
    );
    await typed(copy, commands[0]!);
    await statusWhen(core, 'one is heard', isQuiet, LONG_SECONDS);
    assert.equal(await stateOf(data), 'active');
    await typed(copy, `ip address del ${otherAddress(data)}/32 dev lo`);
    const env = { KATO_TOKEN: await tokenFrom(core) };
    const line = `${commands[1]!.replace('CORE_IP', core.address)} --yes -e redis`;
    await typed(copy, line, { env });
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 4);
  });
});
