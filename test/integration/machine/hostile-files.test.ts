import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeJoinToken, encodeJoinToken } from '../../../src/bus/joining/join-token.ts';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { checkDocument } from '../../../src/domain/document/document-shape.ts';
import { checkSetting } from '../../../src/domain/document/settings.ts';
import type { SettingDefinition } from '../../../src/domain/roles/role.ts';
import { inspectCertificate, makeSelfSigned, splitPem } from '../../../src/machine/certificates.ts';
import { keptIn, writeKept } from '../../../src/machine/disk/kept-json.ts';
import { deliveryIn, secretsIn } from '../../../src/machine/node/ledger.ts';
import { exportKeyOf, openState, sealState } from '../../../src/operations/export-file.ts';
import { reportOf } from '../../../src/operations/report.ts';
import { clusterWith, tokenOf } from '../../support/clusters.ts';
import { fullReport } from '../../support/hostile.ts';
import { spoiled, spoiledText } from '../../support/spoiling.ts';

const INPUTS = 10_000;
/** scrypt takes 50 ms, which is what it is for. */
const SEALED_INPUTS = 20;
const SEED = 20261126;
const TYPES = ['string', 'integer', 'number', 'boolean', 'duration', 'size', 'networks'] as const;
const PASSPHRASE = 'correct horse battery staple';

/** Whatever it is given, it answers, or refuses with a reason that a person can read. */
function answersOrRefuses(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof KatoError && error.code !== 'INTERNAL', String(error));
  }
}

function holds<T>(inputs: fc.Arbitrary<T>, read: (input: T) => unknown, numRuns = INPUTS): void {
  fc.assert(
    fc.property(inputs, (input) => answersOrRefuses(() => read(input))),
    { seed: SEED, numRuns, endOnFailure: true },
  );
}

describe('a file, or what somebody pastes, that was changed in any way', () => {
  const cluster = clusterWith({ core: ['primary'], web: ['router'] });
  const whole = { ...cluster, tokens: { t1: tokenOf('t1') } };

  it('is taken or refused as a document', () => {
    holds(spoiled(whole as unknown as Json), checkDocument);
  });

  it('is taken or refused as a report', () => {
    const version = { lineage: 'l1', epoch: 1, revision: 7, hash: 'h', proof: 'p' };
    assert.notEqual(reportOf(fullReport(version)), null);
    holds(spoiled(fullReport(version)), reportOf);
  });

  it('is whole or damaged as a ledger and its secrets', () => {
    const ledger = JSON.stringify({ delivery: { view: { node: { id: 'n1' }, document: whole } } });
    holds(spoiledText(ledger), deliveryIn);
    holds(spoiledText(JSON.stringify({ 'redis/password': 'p', 'ca/key': 'k' })), secretsIn);
  });

  it('is what was written as an identity, a version that was seen, or what was done; else none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kato-kept-'));
    const file = join(folder, 'kept.json');
    const version = { lineage: 'l1', epoch: 1, revision: 7, hash: 'h', proof: 'p' };
    const written: object[] = [
      { nodeId: 'n1', name: 'one', core: { address: '10.0.0.1', port: 4222 }, seed: 'SU' },
      { nodeId: 'n1', version },
      { delivery: 'hash', processes: { redis: { files: 'hash' } } },
    ];
    for (const value of written) {
      await writeKept(file, value);
      const text = readFileSync(file, 'utf8');
      assert.deepEqual(keptIn(text), value);
      holds(spoiledText(text), (given) => {
        const kept = keptIn(given);
        // One that has no digest left is as 0.1.0 wrote it.
        const isOld = !given.includes('"digest":');
        if (kept !== null && !isOld) assert.deepEqual(kept, value);
      });
    }
    rmSync(folder, { recursive: true });
  });

  it('is a token, or none', () => {
    const token = encodeJoinToken({
      ...{ address: '10.0.0.1', port: 4222, fingerprint: 'a'.repeat(64), clusterId: 'c1' },
      ...{ seed: `SU${'A'.repeat(56)}`, id: 't1', secret: 's' },
    });
    decodeJoinToken(token);
    holds(spoiledText(token), decodeJoinToken);
    // With a checksum that is right, as whoever means harm makes it.
    holds(spoiled(['10.0.0.1', 4222, 'a'.repeat(64), 'c1', 'seed', 't1', 's']), (fields) =>
      decodeJoinToken(withChecksum(JSON.stringify(fields))),
    );
  });

  it('is a certificate, or none', async () => {
    const { certificate: chain, key } = await makeSelfSigned('a.example.com');
    holds(spoiledText(chain), (text) => inspectCertificate(splitPem(text).chain, key), 2000);
    holds(spoiledText(key), (text) => inspectCertificate(chain, text), 2000);
  });

  it('is a setting, or none', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.string({ unit: 'binary' }));
    for (const type of TYPES) {
      const definition = { type } as SettingDefinition;
      holds(value, (given) => checkSetting('x', definition, given as never), 2000);
    }
  });

  it('opens as an export only where it is whole', async () => {
    const state = { cluster: whole, secrets: {} } as never;
    const sealed = sealState(state, await exportKeyOf(PASSPHRASE));
    assert.deepEqual(await openState(sealed, PASSPHRASE), JSON.parse(JSON.stringify(state)));
    const property = fc.asyncProperty(spoiledText(sealed), async (text) => {
      const opened = await openState(text, PASSPHRASE).catch((error: unknown) => {
        assert.ok(error instanceof KatoError && error.code === 'BAD_FILE', String(error));
        return null;
      });
      // What is put behind the sealed line changes nothing in it.
      if (opened !== null) assert.deepEqual(opened, JSON.parse(JSON.stringify(state)));
    });
    const options = { seed: SEED, numRuns: SEALED_INPUTS, endOnFailure: true };
    await fc.assert(property, options);
    const noise = randomBytes(1000).toString('base64');
    const [header] = sealed.split('\n');
    await assert.rejects(openState(`${header}\n${noise}\n`, PASSPHRASE), { code: 'BAD_FILE' });
  });
});

/** As `encodeJoinToken` packs what it is given, whatever that is. */
function withChecksum(text: string): string {
  const digest = createHash('sha256').update(text).digest().subarray(0, 4);
  return `kato1.${Buffer.concat([digest, Buffer.from(text)]).toString('base64url')}`;
}
