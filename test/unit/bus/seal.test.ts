import assert from 'node:assert/strict';
import { sealOf } from '../../../src/bus/store/seal.ts';

describe('a seal', () => {
  const seal = sealOf('seed');
  const closed = seal.close('node/n1/redis/password', 'open sesame ☃');
  const open = (name: string, text: string, by = seal) => by.open(name, text);

  it('is opened by who has the same secret, and never looks alike', () => {
    assert.equal(open('node/n1/redis/password', closed, sealOf('seed')), 'open sesame ☃');
    assert.notEqual(seal.close('node/n1/redis/password', 'open sesame ☃'), closed);
    assert.equal(open('empty', seal.close('empty', '')), '');
  });

  it('is not opened under another key or name, nor when it was altered or cut', () => {
    const altered = `${closed.slice(0, -4)}AAAA`;
    const tries: [string, string, typeof seal][] = [
      ['node/n1/redis/password', closed, sealOf('another seed')],
      ['node/n2/redis/password', closed, seal],
      ['node/n1/redis/password', altered, seal],
      ['node/n1/redis/password', closed.slice(0, 20), seal],
      ['node/n1/redis/password', '', seal],
    ];
    for (const [name, text, by] of tries) {
      assert.throws(() => open(name, text, by), { code: 'FAILED', message: /cannot be opened/ });
    }
  });
});
