import assert from 'node:assert/strict';
import { createIdentity } from '../../src/bus/identity.ts';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  assertClean,
  attach,
  clusterOf,
  hastenDeath,
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
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

/** For a node that does not answer any more. */
const AT_ONCE_MS = 2000;

describe('leaving a cluster', () => {
  const lab = useLab({ hosts: 6 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);
  const core = () => host(1);
  const addressesOf = async () => (await statusOf(core())).nodes.map((node) => node.address);
  const sql = async (text: string) => {
    const secret = await typed(core(), 'kato role info --secret postgresql -n h3');
    const env = { PGPASSWORD: secret.trim() };
    return typed(core(), `psql -h ${host(3).address} -U postgres -Atqc "${text}"`, { env });
  };
  const becomesClean = (number: number) =>
    until(() => assertClean(host(number)).then(() => true), {
      what: `h${number} has stopped all`,
      seconds: 20,
    });

  before('a core, a router and four nodes with redis', async () => {
    await clusterOf(core(), [
      [host(2), 'router'],
      ...[3, 4, 5, 6].map((one): [Host, string] => [host(one), 'redis']),
    ]);
    await hastenDeath(core());
    await settled(core());
  });

  it('a node detaches: its roles stop, its data stays, and it may come back', async () => {
    await typed(core(), 'kato role add postgresql -n h3');
    await sql("create table t (x text); insert into t values ('kept')");
    // A change that h3 has heard of, and nothing more: it is not on its disk yet.
    await typed(core(), 'kato route add shop.example.com 10.0.9.9:80');
    const { cluster } = await settled(core());
    assert.equal((await nodeOn(host(3), core())).appliedRevision, cluster.revision);
    const said = await host(3).kato('node', 'detach');
    const stays = 'its data stays under /var/lib/kato/data';
    assert.equal(said.split('\n')[0], `h3 has left the cluster of ${core().address}; ${stays}`);
    await assertClean(host(3));
    const files = await typed(host(3), 'ls -A /var/lib/kato/state');
    assert.equal(files, 'former.json\n', 'nothing is written after all was forgotten');
    assert.ok(!(await addressesOf()).includes(host(3).address));
    await typed(host(3), 'ls /var/lib/kato/data/redis/appendonlydir');
    const again = await refused(host(3), 'kato node detach');
    assert.deepEqual([again.code, again.exitCode], ['NOT_SET_UP', 3]);
    await attach(host(3), core(), 'redis,postgresql');
    assert.deepEqual(rolesOf(await nodeOn(host(3), core())), ['base', 'postgresql', 'redis']);
    assert.equal(await sql('select x from t'), 'kept\n');
  });

  it('the core does not, and keeps its last router only while it has to', async () => {
    for (const line of ['kato node detach', `kato node remove ${core().address}`]) {
      const { code, exitCode } = await refused(core(), line);
      assert.deepEqual([code, exitCode], ['ROLE_NEEDED', 4]);
    }
    await typed(core(), 'kato stop router');
    const stopped = await refused(core(), 'kato node remove h2');
    assert.equal(stopped.why, 'nobody would serve it: it is also on h1 (stopped)');
    await typed(core(), 'kato role remove router');
    const last = await refused(core(), 'kato node remove h2');
    assert.deepEqual([last.code, last.exitCode], ['ROLE_NEEDED', 4]);
    const detach = await refused(host(2), 'kato node detach');
    assert.equal(detach.code, 'ROLE_NEEDED');
    await typed(core(), 'kato role add router');
    await settled(core());
  });

  it('nodes are removed by name, address and id, several at once, all or none', async () => {
    const { id } = await nodeOn(host(3), core());
    const wrong = await refused(core(), `kato node remove h4 ${host(2).address} h33`);
    assert.deepEqual([wrong.code, wrong.exitCode], ['UNKNOWN_NODE', 3]);
    assert.match(wrong.why!, /h3/);
    assert.equal((await addressesOf()).length, 6);
    await typed(core(), `kato node remove h4 ${host(2).address} ${id}`);
    assert.deepEqual(
      await addressesOf(),
      [1, 5, 6].map((one) => host(one).address),
    );
    await Promise.all([2, 3, 4].map(becomesClean));
    await Promise.all([2, 3, 4].map((one) => attach(host(one), core(), 'redis')));
  });

  it('a plain node removes nobody but itself', async () => {
    const { code, exitCode } = await refused(host(3), 'kato node remove h4');
    assert.deepEqual([code, exitCode], ['NOT_ALLOWED', 7]);
    assert.equal((await addressesOf()).length, 6);
  });

  it('dead nodes are removed without waiting for them', async () => {
    await typed(core(), 'kato role add -n h5 router');
    await Promise.all([host(5).powerOff(), host(6).powerOff()]);
    await statusWhen(core(), 'both are dead', ({ nodes }) =>
      [5, 6].every((one) =>
        nodes.some(({ address, state }) => address === host(one).address && state === 'dead'),
      ),
    );
    const gone = await refused(core(), 'kato process ready -n h5 all');
    const { commands } = hint(gone.next, 'cli/session/ready.ts: kato status shows since when');
    const since = new RegExp(`^..h5 +${host(5).address} +dead +\\d+ s`, 'm');
    assert.match(await typed(core(), commands[0]!), since);
    for (const line of ['kato role remove router', 'kato stop router']) {
      const { why } = await refused(core(), line);
      assert.equal(why, 'nobody would serve it: it is also on h5 (dead)', line);
    }
    const { next } = await refused(core(), 'kato role add -n h5 memcached');
    const [status, remove] = hint(
      next,
      'cli/session/follow.ts: kato status shows what is wrong with it and what helps; kato node remove takes out a node that does not come back',
    ).commands;
    assert.match(await typed(core(), status!), since);
    await typed(core(), `${remove} h5 h6`, { timeoutMs: AT_ONCE_MS });
    assert.equal((await addressesOf()).length, 4);
  });

  it('a removed node that was off learns of it when it returns, and may come back', async () => {
    await host(5).powerOn();
    await becomesClean(5);
    let again = '';
    for (const line of ['kato status', 'kato node boot']) {
      const told = await until(
        async () => {
          const answer = await refused(host(5), line);
          return answer.message === 'this machine is not a node of a cluster' ? answer : null;
        },
        { what: `${line} says what became of it`, seconds: 10 },
      );
      assert.equal(told.exitCode, 3);
      assert.match(told.why!, /^as h5 it was taken out of the cluster of 10\.\S+ on \S+; its data/);
      const { commands } = hint(
        told.next,
        "machine/node/ledger.ts: kato node attach ${core ?? 'CORE_IP'} with a token makes it one again",
      );
      again = commands[0]!;
    }
    await typed(host(5), 'ls /var/lib/kato/data/redis/appendonlydir');
    await typed(host(5), `${again} -e redis`, { env: { KATO_TOKEN: await tokenFrom(core()) } });
    const { nodes } = await settled(core());
    assert.deepEqual(
      nodes.map((node) => node.name),
      ['h1', 'h2', 'h3', 'h4', 'h5'],
    );
  });

  it('a node whose key is merely refused keeps its roles, and says what it may be', async () => {
    const users = '/var/lib/kato/config/nats-server/current/users.conf';
    const before = await nodeOn(host(4), core());
    await type(core(), 's6-svc -d /var/lib/kato/service/agent');
    const { key } = JSON.parse(await host(4).read('/var/lib/kato/state/identity.json')) as {
      key: string;
    };
    const kept = await core().read(users);
    await core().write(users, kept.replaceAll(key, createIdentity().key), '644');
    await typed(core(), 's6-svc -h /var/lib/kato/service/nats-server');
    await until(
      async () => {
        const { exitCode, stdout } = await type(host(4), 'kato status --json');
        const { warnings } = JSON.parse(stdout) as Status;
        assert.equal(exitCode, 5);
        assert.equal(warnings[0]?.code, 'NODE_REFUSED');
        return /was removed.* or the bus has an older state/.test(warnings[0].message);
      },
      { what: 'h4 says that it is refused, and why', seconds: 20 },
    );
    const pid = before.roles.flatMap((role) => role.processes)[0]!.pid;
    assert.equal((await type(host(4), `kill -0 ${pid}`)).exitCode, 0);
    await core().write(users, kept, '644');
    await typed(core(), 's6-svc -h /var/lib/kato/service/nats-server');
    await type(core(), 's6-svc -u /var/lib/kato/service/agent');
    const after = (await settled(core())).nodes.find((node) => node.id === before.id)!;
    assert.deepEqual(after.roles, before.roles);
  });

  it('the core goes last, when somebody says so, and the machine may begin anew', async () => {
    const early = await refused(core(), 'kato node detach --yes');
    assert.equal(early.code, 'ROLE_NEEDED');
    const { commands } = hint(
      early.next,
      "cli/commands/node/detach.ts: remove the other nodes first: kato node remove ${others.join(' ')}",
    );
    await typed(core(), commands[0]!);
    assert.equal((await refused(core(), 'kato node detach')).code, 'USAGE');
    const { cluster } = await statusOf(core());
    const aside = await ended();
    await typed(core(), 'kato node setup core api.example.net');
    const fresh = await statusOf(core());
    assert.deepEqual([fresh.cluster.endpoint, fresh.nodes.length], ['api.example.net', 1]);
    assert.notEqual(fresh.cluster.id, cluster.id);
    await ended();
    // It was said by mistake: what was set aside is the cluster still.
    await typed(core(), `kato node setup core --recover-from ${aside}/state/ledger.json`);
    const back = await statusOf(core());
    assert.deepEqual([back.cluster.endpoint, back.cluster.id], [cluster.endpoint, cluster.id]);
  });

  /** Detaches the core. Returns where the state of its cluster is from then on. */
  async function ended(): Promise<string> {
    const said = await typed(core(), 'kato node detach --yes');
    const data = 'data of roles stays under /var/lib/kato/data';
    assert.equal(said.split('\n')[0], `h1 has left, and its cluster is no more; ${data}`);
    await assertClean(core());
    const [, aside] = /its state and secrets are set aside in (\S+)/.exec(said)!;
    await typed(core(), `ls ${aside}/state/secrets.json ${aside}/data/nats-server/jetstream`);
    return aside!;
  }
});
