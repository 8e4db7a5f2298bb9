import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import {
  type Delivery,
  deliveryIn,
  forgetNode,
  type NodeIdentity,
  noNodeHere,
  readIdentity,
  readLedger,
  readWritten,
  secretsIn,
  takeLedger,
  writeIdentity,
  writeLedger,
  writeWritten,
} from '../../../src/machine/node/ledger.ts';
import { clusterAt } from '../../support/nats.ts';
import { testView } from '../../support/views.ts';

const delivery = (revision: number, more: Partial<Delivery> = {}): Delivery => {
  const view = testView(['redis']);
  const version = { ...view.version, revision };
  const secrets = { 'redis/password': `of ${revision}`, 'bus/key': 'é"\\\u2028\n' };
  return { hash: `h${revision}`, view: { ...view, version }, secrets, ...more };
};

const IDENTITY: NodeIdentity = {
  format: 1,
  nodeId: 'n1',
  name: 'h1',
  key: 'UKEY',
  seed: 'SUSEED',
  clusterId: 'c1',
  core: { address: '10.0.0.1', port: 4222 },
  ca: '-----BEGIN CERTIFICATE-----\n',
  machineId: 'm1',
  address: '10.0.0.1',
};

describe('what a node has on its disk', () => {
  let paths: Paths;
  let secretsFile: string;
  let identityFile: string;
  beforeEach(async () => {
    paths = pathsOf(await mkdtemp('/tmp/kato-ledger-'));
    secretsFile = `${paths.state}/secrets.json`;
    identityFile = `${paths.state}/identity.json`;
    await writeLedger(paths, delivery(7));
  });
  afterEach(() => rm(paths.root, { recursive: true }));

  it('is read as it was written', async () => {
    assert.deepEqual(await readLedger(paths), delivery(7));
    await writeIdentity(paths, IDENTITY);
    assert.deepEqual(await readIdentity(paths), IDENTITY);
  });

  it('says what was done of it, and of nothing that it was done where that is damaged', async () => {
    assert.equal(await readWritten(paths), null);
    const written = { delivery: 'h7', processes: { redis: 'a hash' } };
    await writeWritten(paths, written);
    assert.deepEqual(await readWritten(paths), written);
    const file = `${paths.state}/written.json`;
    const bytes = await readFile(file);
    for (let i = 0; i < bytes.length - 1; i++) {
      const flipped = Buffer.from(bytes);
      flipped[i]! ^= 1 << (i % 8);
      for (const damaged of [flipped, bytes.subarray(0, i)]) {
        await writeFile(file, damaged);
        const { delivery, processes } = (await readWritten(paths))!;
        // A digest under another name damages nothing of what counts.
        const isWhole = /"delivery":"h7","processes":\{"redis":"a hash"\}/.test(`${damaged}`);
        const expected = isWhole && delivery !== '' ? written : { delivery: '', processes: {} };
        assert.deepEqual({ delivery, processes }, expected, `${damaged}`);
      }
    }
  });

  it('is found out when a bit of it is another, wherever, or its end is missing', async () => {
    await writeIdentity(paths, IDENTITY);
    const readers: [string, (text: string) => unknown][] = [
      [paths.ledger, deliveryIn],
      [secretsFile, secretsIn],
    ];
    for (const [file, read] of readers) {
      const bytes = (await readFile(file)).subarray(0, -1);
      assert.ok(read(bytes.toString()) !== null);
      for (let i = 0; i < bytes.length; i++) {
        const flipped = Buffer.from(bytes);
        flipped[i]! ^= 1 << (i % 8);
        assert.equal(read(flipped.toString()), null, `${file} ${i}: ${flipped}`);
        assert.equal(read(bytes.toString('utf8', 0, i)), null, `${file} ends at ${i}`);
      }
    }
  });

  it('is whole when the power failed between its two files', async () => {
    const before = await readFile(paths.ledger);
    await writeLedger(paths, delivery(8));
    await writeFile(paths.ledger, before);
    const { view, secrets } = (await readLedger(paths))!;
    assert.equal(view.version.revision, 7);
    assert.equal(secrets['redis/password'], 'of 8');
  });

  it('is read as 0.1.0 wrote it', async () => {
    const { secrets, ...rest } = delivery(7);
    await writeFile(paths.ledger, `${JSON.stringify({ delivery: rest })}\n`);
    await writeFile(secretsFile, `${JSON.stringify(secrets)}\n`);
    await writeFile(identityFile, `${JSON.stringify(IDENTITY)}\n`);
    assert.deepEqual(await readLedger(paths), delivery(7));
    assert.deepEqual(await readIdentity(paths), IDENTITY);
  });

  it('is moved aside by who writes it next, and the first ones that were are kept', async () => {
    for (let times = 1; times <= 7; times++) {
      await writeLedger(paths, delivery(times));
      await writeFile(paths.ledger, `damage ${times}`);
      await assert.rejects(readLedger(paths), { code: 'BAD_FILE' });
      const { delivery: taken, damage } = await takeLedger(paths);
      assert.equal(taken, null);
      assert.match(damage!, /ledger\.json is damaged, and is kept in .*damaged-\d$/);
      assert.deepEqual(await takeLedger(paths), { delivery: null, damage: null });
    }
    const kept = (await readdir(paths.state)).filter((name) => name.includes('.damaged-'));
    assert.equal(kept.length, 5);
    assert.equal(await readFile(`${paths.ledger}.damaged-1`, 'utf8'), 'damage 1');
    assert.equal(await readFile(`${paths.ledger}.damaged-5`, 'utf8'), 'damage 7');
  });

  it('is not acted on without the secrets that belong to it', async () => {
    await rm(secretsFile);
    assert.equal((await takeLedger(paths)).delivery, null);
    assert.deepEqual((await readdir(paths.state)).sort(), ['ledger.json']);
  });

  it('says how to go on without its identity: on a node, and on the core by its ledger', async () => {
    for (const text of ['', 'null', '{"nodeId":7}', '{"nodeId":"n1","digest":"0"}']) {
      await writeFile(identityFile, text);
      await assert.rejects(readIdentity(paths), { code: 'BAD_FILE', next: /kato node attach/ });
    }
    const view = { ...delivery(7).view, document: clusterAt(7) };
    await writeLedger(paths, delivery(7, { view }));
    await assert.rejects(readIdentity(paths), {
      code: 'BAD_FILE',
      next: /--recover-from .*\/ledger\.json$/,
    });
  });

  it('says which node it was, or nothing of that where it is damaged', async () => {
    await forgetNode(paths, IDENTITY);
    const was = async () => (await noNodeHere(paths)).why;
    assert.match((await was())!, /^as h1 it was taken out of the cluster of 10\.0\.0\.1 on /);
    const file = `${paths.state}/former.json`;
    const whole = await readFile(file, 'utf8');
    for (const damaged of ['', 'null', '7', whole.slice(0, -3)]) {
      await writeFile(file, damaged);
      assert.equal(await was(), 'nothing on it says that it was one');
    }
  });
});
