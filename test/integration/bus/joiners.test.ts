import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join as joinPath } from 'node:path';
import { promisify } from 'node:util';
import { createIdentity, type Identity } from '../../../src/bus/identity.ts';
import { proveKey } from '../../../src/bus/joining/join-proof.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { join } from '../../../src/bus/subjects.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { sha256 } from '../../../src/domain/base/hash.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import type { HistoryEntry } from '../../../src/domain/telling/history.ts';
import { clusterWith, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { until } from '../../support/until.ts';

const ENDED = 'token0ld';
const GOOD = 'token0ok';
/** Of `clusterWith`. */
const CLUSTER = 'c1';
const OWN = createIdentity();
const SOON = new Date(Date.now() + 3_600_000).toISOString();

describe('machines that show a token', function () {
  this.timeout(60_000);
  let here: Controlled;

  beforeEach(async () => {
    const secretHash = sha256('secret');
    const tokens = {
      [ENDED]: tokenOf(ENDED, { secretHash, usesLeft: 0, expiresAt: SOON }),
      [GOOD]: tokenOf(GOOD, { secretHash, usesLeft: 100, expiresAt: SOON }),
    };
    here = await startControlled(clusterWith({}, { tokens }), [
      { kind: 'join', id: ENDED, key: '' },
      { kind: 'join', id: GOOD, key: '' },
    ]);
  });
  afterEach(() => here.end());

  /** As a machine asks; resolves with `joined` or the code of the refusal. */
  async function ask(tokenId: string, changes: { [key: string]: Json } = {}): Promise<string> {
    const { own, ...params } = { own: tokenId, ...machine(tokenId), ...changes };
    const body = { id: randomUUID(), params };
    return here
      .bus(own)
      .request(join(own), body, { timeoutMs: 5000 })
      .then(
        () => 'joined',
        (error: unknown) => (error as KatoError).code,
      );
  }

  const history = async () =>
    (await here.ask('core', 'history', { limit: 50, node: null })) as unknown as HistoryEntry[];

  async function diskKb(): Promise<number> {
    const folder = joinPath(here.nats.folder, 'data');
    const { stdout } = await promisify(execFile)('du', ['-sk', folder]);
    return Number.parseInt(stdout, 10);
  }

  it('are refused at once and counted where it has ended: it fills no disk and no history', async () => {
    const set = { component: 'cluster', key: 'export.interval', act: 'set', value: '700' };
    await here.ask('core', 'config.set', set, 'c1');
    const before = await diskKb();
    const codes = new Map<string, number>();
    for (let round = 0; round < 10; round++) {
      const asked = Array.from({ length: 30 }, () => ask(ENDED, { roles: [], machineId: 'm' }));
      for (const code of await Promise.all(asked)) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    assert.ok(codes.get('TOKEN_USED')! >= 200, JSON.stringify([...codes]));
    assert.ok(
      (await diskKb()) - before < 1000,
      `the disk grew from ${before} to ${await diskKb()}`,
    );
    const told = await until(
      async () => {
        const entries = await history();
        const refused = entries.find(({ outcome }) => outcome === 'TOKEN_USED');
        return (refused?.count ?? 0) >= 200 ? entries : undefined;
      },
      { what: 'all are counted', seconds: 10 },
    );
    assert.equal(told.filter(({ operation }) => operation === 'node.join').length, 1);
    assert.ok(
      told.some(({ operation, outcome }) => `${operation} ${outcome}` === 'config.set done'),
    );
  });

  it('join twenty at once with one token', async () => {
    const machines = Array.from({ length: 20 }, (_, i) => ({
      name: `web-${i}`,
      address: `10.0.1.${i + 1}`,
      ...keyAndProof(GOOD, createIdentity()),
    }));
    const trials = machines.map((own) => ask(GOOD, { ...own, trial: true }));
    assert.deepEqual(new Set(await Promise.all(trials)), new Set(['joined']));
    const joins = machines.map((own) => ask(GOOD, own));
    assert.deepEqual(new Set(await Promise.all(joins)), new Set(['joined']));
    assert.equal(Object.keys((await here.store.readCluster())!.cluster.nodes).length, 21);
  });

  it('come in while another token is used to flood', async () => {
    // Who shows the key of a node is that node, whatever token it has.
    const others = keyAndProof(ENDED, createIdentity());
    const flood = Array.from({ length: 500 }, () => ask(ENDED, others));
    assert.equal(await ask(GOOD), 'joined');
    const codes = new Set(await Promise.all(flood));
    assert.deepEqual([codes.has('TOKEN_USED'), codes.has('joined')], [true, false]);
  });

  it('hear nothing that is said to the holder of another', async () => {
    const heard: string[] = [];
    const nats = natsOf(here.bus(ENDED));
    const refused: string[] = [];
    for (const subject of ['kato.reply.>', 'kato.reply.*.>', `kato.reply.${GOOD}.>`]) {
      nats.subscribe(subject, {
        callback: (error, msg) => {
          if (error === null) heard.push(msg.subject);
          else refused.push(subject);
        },
      });
    }
    await nats.flush();
    assert.equal(await ask(GOOD), 'joined');
    await nats.flush();
    assert.deepEqual([heard, refused.length], [[], 3]);
  });

  it('cannot use the secret of a token with the key of another', async () => {
    assert.equal(await ask(GOOD, { own: ENDED }), 'TOKEN_UNKNOWN');
    assert.equal(await ask(GOOD, { secret: 'guessed' }), 'TOKEN_UNKNOWN');
    const nodes = Object.keys((await here.store.readCluster())!.cluster.nodes);
    assert.deepEqual(nodes, ['core']);
  });

  it("are known by a key that is their own, and nobody else's in the cluster", async () => {
    const tokensOwn = here.identities.get(GOOD)!;
    assert.equal(await ask(GOOD, keyAndProof(GOOD, tokensOwn)), 'CONFLICT');
    const { key } = createIdentity();
    for (const proof of [keyAndProof(GOOD, OWN).proof, keyAndProof(ENDED, OWN).proof, '', 'x']) {
      assert.equal(await ask(GOOD, { key, proof }), 'NOT_ALLOWED');
    }
    const wrongChecksum = `U${'A'.repeat(55)}`;
    assert.equal(await ask(GOOD, { key: wrongChecksum }), 'USAGE');
    assert.equal(await ask(GOOD), 'joined');
    assert.equal(await ask(GOOD), 'joined', 'the same machine, which did not hear the answer');
    assert.equal(Object.keys((await here.store.readCluster())!.cluster.nodes).length, 2);
  });
});

function keyAndProof(tokenId: string, { key, seed }: Identity) {
  return { key, proof: proveKey(seed, { clusterId: CLUSTER, tokenId }) };
}

function machine(tokenId: string): { [key: string]: Json } {
  return {
    tokenId,
    secret: 'secret',
    ...keyAndProof(tokenId, OWN),
    name: 'web',
    hostname: 'web',
    address: '10.0.0.9',
    machineId: '',
    version: '0.1.0',
    catalogue: ['base', 'router'],
    roles: [],
    noStart: false,
    force: false,
    trial: false,
  };
}
