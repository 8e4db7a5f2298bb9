import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from '../../../src/bus/bus.ts';
import { createIdentity, type Identity } from '../../../src/bus/identity.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { openStore, type Store } from '../../../src/bus/store/store.ts';
import { CONTROLLER } from '../../../src/bus/subjects.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { NOW } from '../../support/clusters.ts';
import { clusterAt, startNatsWithController, type TestNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

describe('store of the controllers', () => {
  let nats: TestNats;
  let identity: Identity;
  let bus: Bus;
  let store: Store;
  let otherBus: Bus;
  let other: Store;

  before(async () => {
    const started = await startNatsWithController();
    ({ nats, identity, controller: bus } = started);
    store = await openStore(bus, identity.seed);
    otherBus = await nats.connect(CONTROLLER, identity);
    other = await openStore(otherBus, identity.seed);
  });
  after(() => nats.stop());

  it('tells a bus without state from an empty cluster, and creates the state once', async () => {
    assert.equal(await store.readCluster(), null);
    assert.deepEqual(await store.listSecrets(''), {});
    const entry = await store.createState(clusterAt(1), { first: 'kept' });
    assert.deepEqual(await other.readCluster(), { cluster: clusterAt(1), entry });
    await assert.rejects(other.createState(clusterAt(1), { first: 'lost' }), { code: 'CONFLICT' });
    assert.equal(await store.getSecret('first'), 'kept');
    await store.deleteSecret('first');
  });

  it('forgets a secret as it was known, and not one that another has stored since', async () => {
    const known = await store.putSecret('key', 'old');
    const newer = await other.putSecret('key', 'new');
    await store.deleteSecret('key', known);
    assert.equal(await store.getSecret('key'), 'new');
    await store.deleteSecret('key', newer);
    assert.equal(await store.getSecret('key'), null);
  });

  it('lets one of two changes win', async () => {
    const { entry } = (await store.readCluster())!;
    const entries = await Promise.all([
      store.writeCluster(clusterAt(2, 'a'), entry),
      other.writeCluster(clusterAt(2, 'b'), entry),
    ]);
    assert.equal(entries.filter((won) => won !== null).length, 1);
    const winner = entries[0] === null ? 'b' : 'a';
    assert.equal((await store.readCluster())?.cluster.endpoint, winner);
  });

  it('keeps a large document, and what was acknowledged when it is killed', async () => {
    const { entry } = (await store.readCluster())!;
    const large = clusterAt(3, 'x'.repeat(3_000_000));
    const written = await store.writeCluster(large, entry);
    await nats.end('SIGKILL');
    await until(() => !bus.connected, { what: 'the loss is noticed', seconds: 5 });
    await assert.rejects(store.readCluster(), { code: 'BUS_AWAY' });
    await restart();
    assert.deepEqual(await store.readCluster(), { cluster: large, entry: written });
    await nats.end('SIGTERM');
    await restart();
    assert.deepEqual(await store.readCluster(), { cluster: large, entry: written });
  });

  it('keeps telling what changes, over a restart', async () => {
    const heard: number[] = [];
    await store.watchCluster(({ revision }) => heard.push(revision));
    assert.deepEqual(heard, [3]);
    await change(4);
    await until(() => heard.at(-1) === 4, { what: 'revision 4 is told', seconds: 5 });
    await nats.end('SIGKILL');
    await until(() => !otherBus.connected && !bus.connected, { what: 'both notice', seconds: 5 });
    await restart();
    await change(5);
    await until(() => heard.at(-1) === 5, { what: 'revision 5 is told', seconds: 10 });
    assert.deepEqual(heard, [3, 4, 5]);
  });

  it('shares what controllers observed, and tells what changed and what is gone', async () => {
    const heard = new Map<string, Json>();
    await store.putObserved('report.n1', { revision: 1 });
    await other.watchObserved((key, value) => heard.set(key, value));
    assert.deepEqual(heard, new Map([['report.n1', { revision: 1 }]]));
    await store.deleteObserved('report.n1');
    const entry = (await store.replaceObserved('verdicts', ['n1'], 0))!;
    assert.equal(await other.replaceObserved('verdicts', ['n2'], 0), null);
    assert.equal(await other.replaceObserved('verdicts', ['n2'], entry - 1), null);
    await until(() => heard.size === 2 && heard.get('report.n1') === null, {
      what: 'both changes are told',
      seconds: 5,
    });
    assert.deepEqual(heard.get('verdicts'), ['n1']);
    assert.deepEqual(await other.allObserved(), new Map([['verdicts', ['n1']]]));
  });

  it('keeps secrets by any name, readable for controllers and not on the disk', async () => {
    const name = 'certificate/*.example.com';
    await store.putSecret(name, 'open-sesame');
    await store.putSecret('node/n1/redis', 'hidden-word');
    await store.addSecret(name, 'another');
    assert.equal(await other.getSecret(name), 'open-sesame');
    assert.deepEqual(await other.listSecrets('certificate/'), { [name]: 'open-sesame' });
    await store.deleteSecret(name);
    assert.equal(await other.getSecret(name), null);
    assert.deepEqual(await other.listSecrets(''), { 'node/n1/redis': 'hidden-word' });
    const disk = await filesBelow(join(nats.folder, 'data'));
    assert.ok(disk.length > 0);
    for (const content of disk) assert.ok(!content.includes('hidden-word'));
  });

  it('lists a secret that cannot be opened without its value, beside the others', async () => {
    const stranger = await openStore(bus, createIdentity().seed);
    await stranger.putSecret('certificate/shop', 'sealed by others');
    await store.putSecret('certificate/blog', 'open-sesame');
    const listed = { 'certificate/blog': 'open-sesame', 'certificate/shop': null };
    assert.deepEqual(await other.listSecrets('certificate/'), listed);
    await assert.rejects(other.getSecret('certificate/shop'), { code: 'FAILED' });
    for (const name of Object.keys(listed)) await store.deleteSecret(name);
  });

  it('takes what an older kato kept, and gives it limits that take nothing away', async () => {
    const manager = await jetstreamManager(natsOf(bus));
    for (const stream of ['history', 'history-nodes', 'KV_refusals']) {
      await manager.streams.delete(stream);
    }
    await manager.streams.update('KV_cluster', { metadata: {} });
    const subjects = ['kato.history'];
    await manager.streams.add({ name: 'history', subjects, max_msgs: 10_000 });
    const entry = { at: NOW, by: 'old', operation: 'node.join', outcome: 'done', revision: 2 };
    await store.appendHistory({ ...entry, params: 'x'.repeat(100_000) }, null);
    assert.deepEqual((await store.readHistory({ limit: 5, names: null })).length, 1);
    await store.upgradeState();
    await store.upgradeState();
    const { config } = await manager.streams.info('history');
    assert.equal(config.max_bytes, 64 * 1024 * 1024);
    assert.equal((await store.readHistory({ limit: 5, names: null }))[0]!.by, 'old');
    await store.appendHistory({ ...entry, params: null, by: 'n1' }, 'n1');
    assert.equal((await store.readHistory({ limit: 5, names: null })).length, 2);
  });

  it('makes nothing anew that the bus has not loaded: it may be on its disk', async () => {
    const manager = await jetstreamManager(natsOf(bus));
    await manager.streams.delete('history-nodes');
    await store.upgradeState();
    assert.ok(!(await store.loadedStreams()).includes('history-nodes'));
    await manager.streams.delete('KV_cluster');
    await store.upgradeState();
    assert.ok(!(await store.loadedStreams()).includes('KV_cluster'));
    assert.equal(await store.readCluster(), null);
    await store.replaceState(clusterAt(9), {});
  });

  it('does not wait long for a frozen store', async () => {
    process.kill(nats.pid(), 'SIGSTOP');
    try {
      const failure = () =>
        store.readCluster().then(
          () => null,
          ({ code }: KatoError) => code,
        );
      await until(async () => (await failure()) === 'TIMEOUT', {
        what: 'the frozen store is given up',
        seconds: 5,
      });
    } finally {
      process.kill(nats.pid(), 'SIGCONT');
    }
    await until(() => store.readCluster(), { what: 'the store answers again', seconds: 10 });
  });

  async function restart(): Promise<void> {
    await nats.start();
    await until(() => bus.connected && otherBus.connected, { what: 'both are back', seconds: 10 });
  }

  async function change(revision: number): Promise<void> {
    const before = await other.readCluster();
    assert.ok(await other.writeCluster(clusterAt(revision), before!.entry));
  }
});

async function filesBelow(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
}
