import assert from 'node:assert/strict';
import { errors } from '@nats-io/transport-node';
import { connectFailure, requestFailure } from '../../../src/bus/failures.ts';

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
    assert.match(of('CERT_HAS_EXPIRED').message, /is no longer valid/);
    assert.match(of('DEPTH_ZERO_SELF_SIGNED_CERT').message, /is not this cluster's bus/);
  });
});

describe('a request over a connection that is about to end', () => {
  it('is told as a bus that is away', () => {
    const ending = [errors.DrainingConnectionError, errors.ClosedConnectionError];
    const codes = ending.map((Kind) => requestFailure(new Kind(), 'kato.op.n1.x', 1000).code);
    assert.deepEqual(codes, ['BUS_AWAY', 'BUS_AWAY']);
  });
});
