import assert from 'node:assert/strict';
import { connectFailure } from '../../../src/bus/failures.ts';

const of = (code: string) => {
  const error = Object.assign(new Error('no'), { code });
  return connectFailure(error, { address: '10.0.0.1', port: 4222 });
};

describe('a connection that did not come about', () => {
  it('because the clock of this machine is wrong is not told as the bus of somebody else', () => {
    const early = of('CERT_NOT_YET_VALID');
    assert.equal(early.code, 'NOT_A_BUS');
    assert.equal(early.message, 'the certificate of 10.0.0.1:4222 is not valid yet');
    assert.match(early.why ?? '', /clock of this machine/);
    assert.match(of('CERT_HAS_EXPIRED').message, /is not valid any more/);
    assert.match(of('DEPTH_ZERO_SELF_SIGNED_CERT').message, /is not this cluster's bus/);
  });
});
