import assert from 'node:assert/strict';
import type { Store } from '../../../src/bus/store/store.ts';
import { type Changes, createChanges } from '../../../src/controller/state/changes.ts';
import { guardLineage } from '../../../src/controller/state/lineage-guard.ts';
import { createLive } from '../../../src/controller/state/live.ts';
import { type KatoError, refuse } from '../../../src/domain/base/error.ts';
import { bytesOf } from '../../../src/domain/document/budget.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { certificatesOf } from '../../../src/domain/traffic/nginx/certificate-files.ts';
import { certificateInstall, certificateRemove } from '../../../src/operations/certificates.ts';
import { nodeRemove } from '../../../src/operations/nodes.ts';
import type { Change, Knowledge } from '../../../src/operations/operation.ts';
import { roleSwitch } from '../../../src/operations/roles.ts';
import { stateKeep } from '../../../src/operations/state.ts';
import { catalogue, clusterWith } from '../../support/clusters.ts';
import { certificate, key } from '../../support/nginx-views.ts';
import { hint } from '../../support/said/hint.ts';
import { contentsOf, testView } from '../../support/views.ts';

const DOMAIN = 'shop.example.com';
const NEWER = `${certificate}${certificate}`;
const NEWEST = `${NEWER}${certificate}`;

const INSTALL = { domain: DOMAIN, chain: certificate, key, update: true };

type Perform = (
  operation: Change,
  params: unknown,
  id?: string,
  by?: string,
) => ReturnType<Changes['perform']>;

const records = { done: async () => {}, refused: () => {} };

describe('a certificate', () => {
  let store: ReturnType<typeof storeInMemory>;
  let perform: Perform;

  beforeEach(() => {
    store = storeInMemory();
    ({ perform } = changesOn(store));
  });

  const install = (chain: string) => perform(certificateInstall, { ...INSTALL, chain });
  /** The chain that a router would serve: with its key, or not at all. */
  const served = async (): Promise<string | undefined> => {
    const { cluster } = (await store.readCluster())!;
    const view = testView(['router'], { certificates: Object.values(cluster.certificates) });
    const secrets = { 'certificate/default': 'own', ...Object.fromEntries(store.secrets) };
    const found = certificatesOf(view, secrets).find(({ domain }) => domain === DOMAIN);
    return found?.pem.slice(key.length);
  };

  it('and its key change together, also where the document cannot be written', async () => {
    await install(certificate);
    store.failing = 'write';
    await assert.rejects(install(NEWER), { code: 'TIMEOUT' });
    assert.equal(await served(), certificate.trimEnd());
    store.failing = null;
    await install(NEWER);
    assert.equal(await served(), NEWER.trimEnd());
    assert.equal(store.secrets.size, 1, 'the old key is forgotten');
    await perform(certificateRemove, { domain: DOMAIN });
    assert.deepEqual([await served(), store.secrets.size], [undefined, 0]);
  });

  it('has its key still, where another controller brings it back before that is deleted', async () => {
    const another = changesOn(store);
    await install(certificate);
    store.afterWrite = async () => {
      store.afterWrite = null;
      await another.perform(certificateInstall, INSTALL);
    };
    await install(NEWER);
    assert.equal(await served(), certificate.trimEnd());
  });

  it('leaves no key of one that came between', async () => {
    const another = changesOn(store);
    await install(certificate);
    store.beforeWrite = async () => {
      store.beforeWrite = null;
      await another.perform(certificateInstall, { ...INSTALL, chain: NEWER });
    };
    await install(NEWEST);
    assert.equal(await served(), NEWEST.trimEnd());
    assert.equal(store.secrets.size, 1);
  });

  it('is removed, although its key could not be deleted', async () => {
    await install(certificate);
    store.failing = 'delete';
    const { changed } = await perform(certificateRemove, { domain: DOMAIN });
    assert.deepEqual([changed, await served()], [true, undefined]);
  });
});

describe('a change that others come before, time after time', () => {
  it('is given up, and made once when it is asked for again, and again', async () => {
    const store = storeInMemory();
    const { perform } = changesOn(store);
    store.failing = 'conflict';
    const given = () => perform(certificateInstall, INSTALL, 'one').catch((error) => error);
    const refusal: KatoError = await atOnce(given);
    hint(
      refusal.next,
      'controller/state/changes.ts: run the command again: it takes effect only once',
    );
    store.failing = null;
    const done = await perform(certificateInstall, INSTALL, 'one');
    assert.equal(done.changed, true);
    const again = await perform(certificateInstall, INSTALL, 'one');
    assert.equal(again.revision, done.revision);
    assert.equal((await store.readCluster())!.cluster.revision, done.revision);
  });
});

describe('secrets that a change leaves without use', () => {
  it('go with a node that is removed, when that is written and not before', async () => {
    const store = storeInMemory(clusterWith({ data: ['redis'], data2: ['redis'] }));
    const { perform } = changesOn(store);
    await store.putSecret('node/data/redis/password', 'of the one that goes');
    await store.putSecret('node/data2/redis/password', 'of one whose id begins the same');
    const before = new Map(store.secrets);
    const remove = () => perform(nodeRemove, { nodes: ['data'], skipDetach: true, force: false });
    for (const failing of ['write', 'conflict'] as const) {
      store.failing = failing;
      await atOnce(() => assert.rejects(remove(), { code: 'TIMEOUT' }));
      assert.deepEqual(store.secrets, before, failing);
    }
    store.failing = null;
    await remove();
    assert.deepEqual([...store.secrets.keys()], ['node/data2/redis/password']);
  });

  it('go with a passphrase that another follows, and stay as long as they open an export', async () => {
    const store = storeInMemory(clusterWith({ data: ['redis'] }));
    const { perform } = changesOn(store);
    const keep = (key: string, intervalSeconds: number) =>
      perform(stateKeep, { node: 'data', intervalSeconds, key });
    await keep('Zmlyc3Q=', 3600);
    store.failing = 'write';
    const [first] = [...store.secrets.keys()];
    await assert.rejects(keep('c2Vjb25k', 3600), { code: 'TIMEOUT' });
    assert.equal(store.secrets.get(first!), 'Zmlyc3Q=');
    store.failing = null;
    await keep('c2Vjb25k', 3600);
    assert.deepEqual([...store.secrets.values()], ['c2Vjb25k']);
    await keep('c2Vjb25k', 7200);
    assert.deepEqual([...store.secrets.values()], ['c2Vjb25k'], 'the same, more rarely');
  });
});

describe('a document that is nearly full', () => {
  it('takes of a plain node only what makes it smaller, and all of an admin', async () => {
    const weight = { endpoint: 'x'.repeat(4_100_000) };
    const store = storeInMemory(clusterWith({ data: ['redis'] }, weight));
    const { perform } = changesOn(store);
    const stop = { node: 'data', roles: ['redis'], selection: 'named', to: 'stop', force: false };
    const byItself = (operation: Change, params: unknown) =>
      perform(operation, params, undefined, 'data');
    const refused = { code: 'NO_SPACE', why: /only admin nodes/ };
    await assert.rejects(byItself(roleSwitch, stop), refused);
    const weighs = async () => bytesOf((await store.readCluster())!.cluster);
    assert.equal((await perform(roleSwitch, stop)).changed, true, 'an admin goes on');
    const full = await weighs();
    const remove = { nodes: ['data'], skipDetach: true, force: false };
    assert.equal((await byItself(nodeRemove, remove)).changed, true, 'a plain node may leave');
    assert.ok((await weighs()) < full);
  });
});

let nextId = 1;

/** With a clock that runs, so that nobody waits for a limit. */
async function atOnce<T>(work: () => Promise<T>): Promise<T> {
  const { now } = performance;
  let passedMs = 0;
  performance.now = () => {
    passedMs += 1000;
    return now.call(performance) + passedMs;
  };
  try {
    return await work();
  } finally {
    performance.now = now;
  }
}

/** Changes as a controller makes them, asked for by the core unless told otherwise. */
function changesOn(store: ReturnType<typeof storeInMemory>): { perform: Perform } {
  const live = createLive();
  live.secrets = store.numbers;
  const guard = guardLineage(store, live, 'seed');
  const secret = async (name: string) => store.secrets.get(name) ?? null;
  const secretsBelow = async (prefix: string) =>
    Object.fromEntries([...store.secrets].filter(([name]) => name.startsWith(prefix)));
  const knowledge = () => {
    const { cluster } = live.document!;
    const known = { cluster, secret, secretsBelow, verdicts: NO_VERDICTS, reports: new Map() };
    const voicesOf = () => ({ heard: [], sideBySide: false });
    return { ...known, voicesOf, contents: contentsOf(cluster) } as unknown as Knowledge;
  };
  const changes = createChanges({ store, live, guard, catalogue, records, knowledge });
  const askerOf = (who: string) => {
    const by = live.document?.cluster.nodes[who] ?? null;
    return { by, who, asker: who };
  };
  return {
    perform: async (operation, params, id = String(nextId++), by = 'core') => {
      await guard.readBack();
      return changes.perform({ operation, params, id, ...askerOf(by) });
    },
  };
}

/** What `createChanges` needs of a store. */
function storeInMemory(first = clusterWith()) {
  let document = { cluster: first, entry: 1 };
  const away = () => refuse('TIMEOUT', 'the store did not answer');
  const store = {
    secrets: new Map<string, string>(),
    failing: null as 'write' | 'delete' | 'conflict' | null,
    beforeWrite: null as (() => Promise<void>) | null,
    afterWrite: null as (() => Promise<void>) | null,
    /** Of each secret, as all controllers hear it at once. */
    numbers: new Map<string, number>(),
    readCluster: async () => document,
    writeCluster: async (cluster: typeof document.cluster, entry: number) => {
      await store.beforeWrite?.();
      if (store.failing === 'write') throw away();
      if (store.failing === 'conflict' || entry !== document.entry) return null;
      document = { cluster, entry: entry + 1 };
      await store.afterWrite?.();
      return entry + 1;
    },
    putSecret: async (name: string, value: string) => {
      store.secrets.set(name, value);
      const number = (store.numbers.get(name) ?? 0) + 1;
      store.numbers.set(name, number);
      return number;
    },
    deleteSecret: async (name: string, number?: number) => {
      if (store.failing === 'delete') throw away();
      if ((number ?? store.numbers.get(name)) === store.numbers.get(name))
        store.secrets.delete(name);
    },
  };
  return store as typeof store & Store;
}
