import assert from 'node:assert/strict';
import { fromPublic } from '@nats-io/nkeys';
import { createIdentity, keyOfSeed, signer } from '../../../src/bus/identity.ts';

describe('identity', () => {
  it('signs so that its public key proves it', () => {
    const { key, seed } = createIdentity();
    const signature = Buffer.from(signer(seed)('a nonce'), 'base64url');
    assert.ok(fromPublic(key).verify(Buffer.from('a nonce'), signature));
    assert.ok(!fromPublic(key).verify(Buffer.from('another'), signature));
  });

  it('finds the public key of a seed, and refuses a damaged one', () => {
    const { key, seed } = createIdentity();
    assert.equal(keyOfSeed(seed), key);
    for (const bad of ['', key, seed.slice(1), `${seed.slice(0, -1)}!`]) {
      assert.throws(() => keyOfSeed(bad), { code: 'BAD_VALUE' });
      assert.throws(() => signer(bad), { code: 'BAD_VALUE' });
    }
  });
});
