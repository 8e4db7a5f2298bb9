import assert from 'node:assert/strict';
import { isAt, standingOf } from '../../../src/domain/nodes/standing.ts';

const identity = { address: '10.0.0.3', machineId: 'machine-h3' };
const standing = (addresses: string[], machineId = 'machine-h3', of = identity) =>
  standingOf(of, { addresses, machineId });

describe('a machine with the identity of a node on its disk', () => {
  it('is at home where it has the address, on whatever machine, or has none yet', () => {
    assert.equal(standing(['10.0.0.3']), 'home');
    assert.equal(standing(['192.0.2.1', '10.0.0.3'], 'another'), 'home');
    assert.equal(standing([]), 'home');
    assert.equal(standing(['10.0.0.9'], 'another', { ...identity, address: '127.0.0.3' }), 'home');
  });

  it('has moved where the address is another one: that makes no clone', () => {
    assert.equal(standing(['10.0.0.9']), 'moved');
    assert.equal(standing(['10.0.0.9'], ''), 'moved');
    assert.equal(standing(['10.0.0.9'], 'machine-h3', { ...identity, machineId: '' }), 'moved');
  });

  it('is a clone where the machine is another one, too', () => {
    assert.equal(standing(['10.0.0.9'], 'another'), 'clone');
  });

  it('is not where the cluster wants the node only because it has no network', () => {
    const where = { addresses: [], machineId: 'machine-h3' };
    assert.equal(isAt(identity, '10.0.0.3', where), true);
    assert.equal(isAt(identity, '10.0.0.9', where), false);
    assert.equal(isAt(identity, '10.0.0.9', { ...where, addresses: ['10.0.0.9'] }), true);
  });
});
