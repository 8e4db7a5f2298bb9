import assert from 'node:assert/strict';
import {
  attach,
  coreOn,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusOf,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import {
  assertData,
  assertTree,
  dataNode,
  otherAddress,
  readdress,
  treeOf,
} from '../support/identities.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';

describe('a node whose address is another one when it boots', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  let core: Host;
  let data: Host;
  let other: Host;
  let attachLine: string;
  let tree: string;

  before('a core, a node with rows in its databases, another cluster', async () => {
    [core, data, other] = lab.hosts as [Host, Host, Host];
    await Promise.all([coreOn(core), coreOn(other, 'api.example.org')]);
    await dataNode(data, core);
    await settled(core);
    attachLine = `kato node attach -e redis ${core.address}`;
  });

  it('loses nothing by an attach that has no token', async () => {
    await typed(data, 'kato node halt');
    tree = await treeOf(data);
    await readdress(data, data.address, otherAddress(data));
    await typed(data, 'kato node boot');
    const { nodes } = await statusWhen(core, 'the core says where it is', ({ warnings }) =>
      warnings.some(({ code, node }) => code === 'NODE_MOVED' && node === 'h2'),
    );
    assert.equal(nodes.find(({ name }) => name === 'h2')!.state, 'left');
    assert.match(await typed(core, 'kato check'), /^warning +nodes +h2 is at/m);
    for (const line of ['kato process list -n h2', 'kato process ready -n h2 all']) {
      const gone = await refused(core, line);
      assert.equal(gone.code, 'NODE_UNREACHABLE', line);
      const migrate = `kato node migrate ${data.address} ${otherAddress(data)} on the core`;
      assert.ok(`${gone.why} ${gone.next}`.includes(migrate), line);
    }
    const { exitCode, stderr } = await type(data, `kato node attach ${core.address} </dev/null`);
    assert.equal(exitCode, 2);
    assert.match(stderr, /note: this machine is node h2.* knows at 10\.78\.\d+\.2; it has .*\.102/);
    assert.match(stderr, /a join token is needed/);
    await typed(data, 'kato node halt');
    await typed(data, 'test -e /var/lib/kato/data/postgresql/PG_VERSION');
    await typed(data, 'test -e /var/lib/kato/state/identity.json');
    tree = await treeOf(data);
  });

  it('loses nothing by a token that is not good for it, or a core that is not the one', async () => {
    const good = await tokenFrom(core);
    const revoked = JSON.parse(await typed(core, 'kato token create --json')) as {
      id: string;
      token: string;
    };
    await typed(core, `kato token revoke ${revoked.id}`);
    const yes = `${attachLine} --yes`;
    const cases: [string, string, string][] = [
      [yes, good.slice(0, -3), 'TOKEN_MALFORMED'],
      [yes, revoked.token, 'TOKEN_REVOKED'],
      [yes, await tokenFrom(other), 'TOKEN_OTHER_CLUSTER'],
      [yes, await tokenFrom(core, '--roles router'), 'TOKEN_ROLE'],
      [yes.replace('redis', 'reddis'), good, 'UNKNOWN_ROLE'],
      [yes.replace(core.address, data.address), good, 'CORE_UNREACHABLE'],
      [yes.replace(core.address, other.address), good, 'TOKEN_OTHER_CLUSTER'],
      [`${yes} --address ${core.address}`, good, 'BAD_ADDRESS'],
    ];
    for (const [line, token, code] of cases) {
      const error = await refused(data, line, { env: { KATO_TOKEN: token } });
      assert.equal(error.code, code, line);
      await assertTree(data, tree, line);
    }
    await typed(core, 's6-svc -wD -T 10000 -d /var/lib/kato/service/nats-server');
    const away = await refused(data, yes, { env: { KATO_TOKEN: good } });
    assert.equal(away.code, 'CORE_UNREACHABLE');
    await typed(core, 's6-svc -u /var/lib/kato/service/nats-server');
    await assertTree(data, tree);
  });

  it('loses nothing by a good token while nobody says yes, and is told what it can do', async () => {
    const env = { KATO_TOKEN: await tokenFrom(core) };
    const { exitCode, message, next } = await refused(data, attachLine, { env });
    assert.equal(exitCode, 2);
    assert.match(message, /this machine is node h2/);
    const [old, now] = [data.address, otherAddress(data)];
    assert.match(next!, new RegExp(`kato node migrate ${old} ${now} on the core`));
    assert.match(next!, new RegExp(`when it has ${old} again; with --yes`));
    await assertTree(data, tree);
  });

  it('asks a person who sits at a terminal, and takes no for an answer', async () => {
    const env = { KATO_TOKEN: await tokenFrom(core) };
    const { stdout } = await type(data, `script -qec '${attachLine}' /dev/null`, {
      env,
      input: 'n\n',
    });
    assert.match(stdout, /Set it aside and attach the machine as a new node\? \[y\/N\]/);
    assert.match(stdout, /nothing was changed/);
    await assertTree(data, tree);
  });

  it('goes on where it was when it has its address again', async () => {
    await readdress(data, otherAddress(data), data.address);
    await typed(data, 'kato node boot');
    await settled(core);
    await assertData(data, core);
  });

  it('is a new node when a person says so: what it had is set aside, and nothing of it is lost', async () => {
    const { id } = await nodeOn(data, core);
    await typed(data, 'kato node halt');
    await readdress(data, data.address, otherAddress(data));
    await typed(data, 'kato node boot');
    const env = { KATO_TOKEN: await tokenFrom(core) };
    const { stderr } = await type(data, `${attachLine} --yes`, { env });
    const [, aside] = /what the machine had is in (\S+)/.exec(stderr)!;
    await typed(data, `ls ${aside}/data/postgresql/PG_VERSION ${aside}/state/identity.json`);
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 2);
    const after = nodes.find((node) => node.address === otherAddress(data))!;
    assert.deepEqual([after.name, rolesOf(after)], ['h2', ['base', 'redis']]);
    assert.notEqual(after.id, id);
    // Whoever needs it after all puts it back by hand.
    await typed(data, `kato role remove redis && mv ${aside}/data/redis /var/lib/kato/data/old`);
    await typed(data, 'ls /var/lib/kato/data/old/appendonlydir');
  });
});

describe('a core whose address is away for a moment', () => {
  const lab = useLab({ hosts: 2 });
  needsMachines(lab);

  it('keeps the state of its cluster, whatever is tried on it meanwhile', async () => {
    const [core, node] = lab.hosts as [Host, Host];
    await coreOn(core);
    await attach(node, core, 'redis');
    const { cluster } = await settled(core);
    const token = await tokenFrom(core);
    await typed(core, 'kato node halt');
    const before = await treeOf(core);
    await readdress(core, core.address, otherAddress(core));
    for (const flags of ['', '--yes']) {
      for (const to of [core.address, otherAddress(core), node.address]) {
        const line = `kato node attach ${flags} ${to}`;
        const error = await refused(core, line, { env: { KATO_TOKEN: token } });
        assert.deepEqual([error.code, error.exitCode], ['CONFLICT', 4]);
        assert.match(error.message, /is the core h1 of its cluster/);
        const { values } = hint(
          error.next,
          'operations/local/carried.ts: give it ${address} again; a copy of its disk: kato node halt, then move /var/lib/kato away',
        );
        assert.deepEqual(values, [core.address]);
        await assertTree(core, before);
      }
    }
    const recover = 'kato node setup core --recover-from /var/lib/kato/state/ledger.json';
    const elsewhere = await refused(core, recover);
    const stay = hint(elsewhere.next, 'operations/local/setup-core.ts: give it ${address} again');
    assert.deepEqual(stay.values, [core.address]);
    await assertTree(core, before);
    await typed(core, 'kato node boot');
    const again = await refused(core, `kato node attach --yes ${node.address}`);
    assert.equal(again.code, 'CONFLICT');
    const asked = await refused(core, 'kato route list');
    const is = `which is at ${core.address}; it has ${otherAddress(core)}`;
    assert.equal(asked.message, `this machine has the identity of the core h1, ${is}`);
    const told = hint(asked.next, 'agent/displaced.ts: give it ${known()} again');
    assert.deepEqual(told.values, [core.address]);
    await readdress(core, otherAddress(core), core.address);
    const back = await settled(core);
    assert.deepEqual([back.cluster.id, back.nodes.length], [cluster.id, 2]);
    assert.equal((await statusOf(node)).cluster.id, cluster.id);
    await typed(core, recover);
    await settled(core);
    const home = await refused(core, `kato node attach ${node.address}`);
    assert.deepEqual([home.code, home.next!.slice(0, 16)], ['CONFLICT', 'kato node remove']);
    assert.match(await typed(core, `kato node attach ${core.address}`), /^already so: h1 /);
    const added = await typed(core, 'kato node attach -e memcached');
    assert.match(added, /^h1 is attached to .*\nadded now: memcached$/m);
    assert.ok(rolesOf(await nodeOn(core)).includes('memcached'));
  });
});
