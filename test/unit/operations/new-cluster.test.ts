import assert from 'node:assert/strict';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { newClusterId } from '../../../src/operations/local/new-cluster.ts';

/** One in fifty of eight random hex digits are all decimal. */
const CLUSTERS = 1000;

describe('the id of a new cluster', () => {
  it('makes a name that TLS takes for a name, each time', () => {
    const ids = Array.from({ length: CLUSTERS }, newClusterId);
    assert.equal(new Set(ids).size, CLUSTERS);
    for (const host of ids.map((id) => `bus.${id}`)) {
      const certificate = { subjectaltname: `DNS:${host}` } as unknown as PeerCertificate;
      assert.equal(checkServerIdentity(host, certificate), undefined);
    }
  });
});
