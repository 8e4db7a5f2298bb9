import assert from 'node:assert/strict';
import { openState } from '../../src/operations/export-file.ts';
import {
  asJson,
  assertClean,
  attach,
  clusterOf,
  nodeOn,
  refused,
  settled,
  statusOf,
  statusWhen,
  tokenFrom,
  typed,
} from '../support/cluster.ts';
import { interrupted } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

const EXPORT = '/root/cluster.kato';
const env = { KATO_PASSPHRASE: 'correct horse battery' };

describe('when the core loses what it knows', () => {
  const lab = useLab({ hosts: 3 });
  let core: Host;
  let router: Host;
  let data: Host;

  before(async () => {
    core = lab.host(1);
    router = lab.host(2);
    data = lab.host(3);
    await clusterOf(core, [
      [router, 'router'],
      [data, 'redis'],
    ]);
    await settled(core);
  });

  const pidsOn = async (host: Host): Promise<(number | null)[]> => {
    const { roles } = await nodeOn(host, core);
    return roles.flatMap((role) => role.processes.map((process) => process.pid));
  };
  const password = (): Promise<string> =>
    typed(core, `kato role info --secret redis -n ${data.name}`);
  const routes = async (): Promise<string[]> => {
    const list = await asJson<{ route: string }[]>(core, 'kato route list');
    return list.map(({ route }) => route).sort();
  };
  const recover = (file: string): Promise<string> =>
    typed(core, `kato node setup core --recover-from ${file}`, { env });

  it('an export is sealed: nobody reads it, and only its passphrase opens it whole', async () => {
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
    const text = await core.read(EXPORT);
    assert.doesNotMatch(text, /api\.example\.com/);
    assert.match(await typed(core, `stat -c %a ${EXPORT}`), /^600$/m);

    const line = `kato data import ${EXPORT}`;
    const wrong = await refused(core, line, { env: { KATO_PASSPHRASE: 'wrong horse battery' } });
    assert.equal(wrong.code, 'BAD_FILE');
    for (const damage of [`head -c 3000 ${EXPORT}`, `sed '2s/./x/900' ${EXPORT}`]) {
      await typed(core, `${damage} > /root/damaged.kato`);
      const answer = await refused(core, 'kato data import /root/damaged.kato', { env });
      assert.equal(answer.code, 'BAD_FILE', damage);
    }
    await refused(core, 'kato data import /etc/passwd', { env });
    for (const other of ['/etc/passwd', '/dev/null', '/root']) {
      const kept = await refused(core, `kato data export --cluster ${other}`, { env });
      assert.equal(kept.code, 'CONFLICT', other);
    }
    await typed(core, 'test -c /dev/null && grep -q ^root: /etc/passwd');
    const short = { env: { KATO_PASSPHRASE: 'short' } };
    const weak = await refused(core, 'kato data export --cluster /root/weak.kato', short);
    assert.equal(weak.code, 'BAD_VALUE');
  });

  it("the core's own ledger brings everything back, and no process restarts for it", async () => {
    await typed(core, `kato route add shop.example.com ${data.address}:8080`);
    const secret = await password();
    const pids = [await pidsOn(router), await pidsOn(data)];
    await loseBusData(core);
    const refusal = await refused(core, `kato route add x.example.com ${data.address}:1`);
    assert.equal(refusal.code, 'STATE_OLDER');

    const said = await recover('/var/lib/kato/state/ledger.json');
    const [, copy] = /^note: what this machine knew before is in (\S+)$/m.exec(said)!;
    await typed(core, `ls ${copy}/state/ledger.json ${copy}/state/secrets.json`);
    await settled(core);
    assert.deepEqual(await routes(), ['shop.example.com']);
    assert.equal(await password(), secret);
    assert.deepEqual([await pidsOn(router), await pidsOn(data)], pids);
  });

  it('a new machine takes the place of a core that is lost, from an export', async () => {
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
    const exported = await core.read(EXPORT);
    const pids = [await pidsOn(router), await pidsOn(data)];
    await typed(core, 'rm -rf /var/lib/kato');
    await core.powerOff();
    await core.powerOn();
    await core.write(EXPORT, exported);

    const setup = ['kato', 'node', 'setup', 'core'];
    const recovery = { argv: [...setup, '--recover-from', EXPORT], env };
    // A new cluster begun by mistake is not what is recovered; a recovery begun is carried on.
    await interrupted(core, 'ledger', 'SIGTERM', { argv: setup });
    await interrupted(core, 'state', 'SIGTERM', recovery);
    await typed(core, setup.join(' '));
    const status = await settled(core);
    assert.equal(status.nodes.length, 3);
    assert.deepEqual(await routes(), ['shop.example.com']);
    assert.deepEqual([await pidsOn(router), await pidsOn(data)], pids);
    await typed(core, `kato route add news.example.com ${data.address}:8081`);
    const history = await typed(core, 'kato history');
    assert.match(history, /^\S+ \S+ +h1 .* done +state\.recover from=\d+$/m);
    const { nodes, cluster } = await statusOf(router);
    assert.ok(nodes.every((node) => node.state === 'active'));
    assert.ok(nodes.find((node) => node.self)!.appliedRevision <= cluster.revision);
  });

  it('an import into a running cluster names who would be cut off', async () => {
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
    await typed(data, 'kato node detach');
    await attach(data, core, 'redis', await tokenFrom(core));
    const answer = await refused(core, `kato data import ${EXPORT}`, { env });
    assert.equal(answer.code, 'CONFLICT');
    assert.match(answer.message, new RegExp(data.name));
  });

  it('an import by force tells those so, and they may come back', async () => {
    const said = await typed(core, `kato data import --force ${EXPORT}`, { env });
    const [, copy] = /^the state before the import is in (\S+), with the same passphrase$/m.exec(
      said,
    )!;
    const { cluster } = await openState(await core.read(copy!), env.KATO_PASSPHRASE);
    assert.deepEqual(
      Object.values(cluster.nodes)
        .map(({ name }) => name)
        .sort(),
      ['h1', 'h2', 'h3'],
    );
    assert.match(said, /^cut off, must be attached again: h3$/m);
    assert.deepEqual(await routes(), ['news.example.com', 'shop.example.com']);
    await until(() => assertClean(data).then(() => true), { what: 'h3 has left', seconds: 20 });
    assert.equal((await settled(core)).nodes.length, 2);
    await attach(data, core, 'redis');
    assert.equal((await settled(core)).nodes.length, 3);
  });

  it('an import brings no token back that was revoked, and no node that was removed', async () => {
    const made = await asJson<{ id: string; token: string }>(core, 'kato token create --uses 5');
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
    await typed(core, `kato token revoke ${made.id} && kato node remove ${data.name}`);
    const secret = await typed(core, 'cat /var/lib/kato/state/secrets.json');
    await typed(core, `kato data import ${EXPORT}`, { env });
    assert.equal((await settled(core)).nodes.length, 2);
    const refusal = await refused(data, `kato node attach ${core.address}`, {
      env: { KATO_TOKEN: made.token },
    });
    assert.equal(refusal.code, 'TOKEN_REVOKED');
    assert.equal(await typed(core, 'cat /var/lib/kato/state/secrets.json'), secret);
    await attach(data, core, 'redis');
  });
});

/** The bus comes up again with nothing on its disk. */
async function loseBusData(core: Host): Promise<void> {
  const service = '/var/lib/kato/service/nats-server';
  await typed(core, `s6-svc -wD -T 10000 -d ${service} && rm -rf /var/lib/kato/data/nats-server/*`);
  await typed(core, `s6-svc -wU -T 10000 -u ${service}`);
  await statusWhen(core, 'the loss is noticed', ({ warnings }) =>
    warnings.some(({ code }) => code === 'STATE_OLDER'),
  );
}
