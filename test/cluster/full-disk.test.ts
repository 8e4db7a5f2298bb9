import assert from 'node:assert/strict';
import {
  asJson,
  assertClean,
  attach,
  clusterOf,
  refused,
  settled,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

const EXPORT = '/root/cluster.kato';
const env = { KATO_PASSPHRASE: 'correct horse battery' };
const STATE = '/var/lib/kato/state';
const REDIS = '/var/lib/kato/data/redis';

describe('on a disk that is full', () => {
  const lab = useLab({ hosts: 2 });
  needsMachines(lab);
  let core: Host;
  let data: Host;

  before('a core and a node with data, each on a small disk', async () => {
    [core, data] = lab.hosts as [Host, Host];
    const small = 'mkdir -p /var/lib/kato && mount -t tmpfs -o size=300M,mode=0755 tmpfs';
    await Promise.all(lab.hosts.map((host) => typed(host, `${small} /var/lib/kato`)));
    await clusterOf(core, [[data, 'redis']]);
    await typed(core, `kato route add shop.example.com ${data.address}:8080`);
    await settled(core);
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
    await typed(core, `kato route add more.example.com ${data.address}:8080`);
    await settled(core);
  });

  const fill = (host: Host) =>
    typed(host, 'cat /dev/zero >/var/lib/kato/full 2>/dev/null || test -s /var/lib/kato/full');
  const makeRoom = (host: Host) => typed(host, 'rm /var/lib/kato/full');
  const routes = async (): Promise<string[]> => {
    const list = await asJson<{ route: string }[]>(core, 'kato route list');
    return list.map(({ route }) => route).sort();
  };
  /** What a machine knows, and what is aside. */
  const known = () => typed(core, `cd ${STATE}/.. && sha256sum state/*.json && ls aside`);

  for (const [what, line] of [
    ['an import', `kato data import ${EXPORT}`],
    ['a recovery', `kato node setup core --recover-from ${EXPORT}`],
  ] as const) {
    it(`${what} says so and changes nothing, and is done once there is room`, async () => {
      await typed(core, `mkdir -p ${STATE}/../aside`);
      const before = await known();
      await fill(core);
      const full = await refused(core, line, { env });
      assert.equal(full.code, 'NO_SPACE', JSON.stringify(full));
      assert.equal(await known(), before);
      assert.deepEqual(await routes(), ['more.example.com', 'shop.example.com']);
      await makeRoom(core);
      await typed(core, line, { env });
      await settled(core);
      assert.deepEqual(await routes(), ['shop.example.com']);
      await typed(core, `kato route add more.example.com ${data.address}:8080`);
      await settled(core);
    });
  }

  it('data that is to be purged stays until the node can keep what it is told, which it says', async () => {
    await fill(data);
    const full = await refused(data, 'kato role remove redis --purge-data --yes');
    assert.equal(full.code, 'NO_SPACE', JSON.stringify(full));
    await typed(data, `ls ${REDIS}/appendonlydir`);
    await makeRoom(data);
    await until(async () => (await type(data, `ls ${REDIS}`)).exitCode === 2, {
      what: 'it is gone',
      seconds: 30,
    });
    await typed(data, 'kato role add redis');
    await settled(core);
  });

  it('a node leaves, and its data stays', async function () {
    // More than a node is given to leave: it says what it waits for then.
    this.timeout(180_000);
    // What is given back is taken at once.
    const again = `while test -e /root/filling; do cat /dev/zero >>/var/lib/kato/full; done`;
    await typed(data, `touch /root/filling; setsid timeout 60 sh -c '${again}' >/dev/null 2>&1 &`);
    await fill(data);
    await typed(data, 'kato node detach', { timeoutMs: 90_000 });
    await until(() => assertClean(data).then(() => true), { what: 'it has left', seconds: 20 });
    await typed(data, `ls ${REDIS}/appendonlydir`);
    await typed(
      data,
      'rm /root/filling; while pgrep -f "^sh -c while test" >/dev/null; do :; done',
    );
    await makeRoom(data);
    await attach(data, core, 'redis');
    assert.equal((await settled(core)).nodes.length, 2);
  });
});
