import assert from 'node:assert/strict';
import { coreOn, settled, statusOf, tokenFrom, type, typed } from '../support/cluster.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

const env = { KATO_PASSPHRASE: 'correct horse battery' };
const LOSE = 'cd /var/lib/kato && rm -rf state service config';

/** Writes a state as only controllers may: a mistake of theirs. */
const REMOVE_CORE = `
import { readFileSync } from 'node:fs';
import { connectBus } from '${CHECKOUT}/src/bus/connection.ts';
import { keyOfSeed } from '${CHECKOUT}/src/bus/identity.ts';
import { openStore } from '${CHECKOUT}/src/bus/store/store.ts';
const read = (name) => JSON.parse(readFileSync('/var/lib/kato/state/' + name + '.json', 'utf8'));
const { core, ca, clusterId, nodeId } = read('identity');
const seed = read('secrets')['bus/controller'];
const identity = { who: 'ctl', seed, key: keyOfSeed(seed) };
const bus = await connectBus({ ...core, ca, clusterId, identity, name: 'test' });
const store = await openStore(bus, seed);
const { cluster, entry } = await store.readCluster();
const { [nodeId]: node, ...nodes } = cluster.nodes;
const former = { [nodeId]: { ...node, removedAt: new Date().toISOString(), awaited: false } };
await store.writeCluster({ ...cluster, nodes, former, revision: cluster.revision + 1 }, entry);
await bus.close();`;

describe('a core that is told that it was removed', () => {
  const lab = useLab({ hosts: 1 });
  const core = () => lab.host(1);

  it('does not believe it: what it keeps is nowhere else', async () => {
    await coreOn(core());
    const { cluster } = await settled(core());
    await core().write('/root/remove.mts', REMOVE_CORE);
    const log = '/var/log/kato/agent/current';
    const { exitCode, stderr } = await core().run([process.execPath, '/root/remove.mts']);
    assert.equal(exitCode, 0, stderr);
    await until(
      async () =>
        /(pass failed: node .* is not in this cluster[\s\S]*){2}/.test(await core().read(log)),
      { what: 'it has been told twice', seconds: 20 },
    );
    assert.doesNotMatch(await core().read(log), /stopping its roles/);
    const own = '/var/lib/kato/state/ledger.json';
    await typed(core(), `kato node setup core --recover-from ${own}`);
    assert.equal((await settled(core())).cluster.id, cluster.id);
  });
});

describe('a machine that was a core, and has lost all but the data of its bus', () => {
  const lab = useLab({ hosts: 1 });
  const core = () => lab.host(1);

  it('begins a new cluster, and the data of the old one is set aside', async () => {
    await coreOn(core());
    await typed(core(), 'kato route add old.example.com 192.0.2.1:80');
    const old = await statusOf(core());
    await typed(core(), 'kato data export --cluster /root/cluster.kato', { env });
    await typed(core(), `kato node halt && ${LOSE}`);
    const said = await typed(core(), 'kato node setup core api.example.net');
    const [, aside] = /^note: what an earlier core left on this machine is in (\S+)$/m.exec(said)!;
    await typed(core(), `ls ${aside}/data/nats-server/jetstream`);
    const fresh = await settled(core());
    assert.notEqual(fresh.cluster.id, old.cluster.id);
    assert.match(await tokenFrom(core()), /^kato1\./);
    assert.equal((await type(core(), 'kato route list')).stdout.includes('old.example'), false);
  });

  it('goes on with the old cluster from an export, and the data of the new one is set aside', async () => {
    await typed(core(), `kato node halt && ${LOSE}`);
    const line = 'kato node setup core --recover-from /root/cluster.kato';
    assert.match(await typed(core(), line, { env }), /what an earlier core left on this machine/);
    await settled(core());
    assert.match(await typed(core(), 'kato route list'), /old\.example\.com/);
    const { stdout } = await type(core(), 'ls -d /var/lib/kato/aside/*-core-of-before');
    assert.equal(stdout.trim().split('\n').length, 2);
  });
});
