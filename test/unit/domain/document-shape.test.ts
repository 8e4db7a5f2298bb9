import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KatoError } from '../../../src/domain/base/error.ts';
import { checkDocument } from '../../../src/domain/document/document-shape.ts';
import { clusterWith, tokenOf } from '../../support/clusters.ts';

const whole = clusterWith(
  { web: ['router'], data: ['redis'] },
  {
    tokens: { t1: tokenOf('t1') },
    settings: { cluster: { 'heartbeat.interval': 5 }, router: { trusted_proxies: ['10.0.0.0/8'] } },
    routes: { 'a.org': { host: 'a.org', path: '/', backends: ['10.0.0.9:80'], sticky: false } },
    announcers: { shop: { name: 'shop', key: 'U', hosts: ['a.org'] } },
    operations: [{ id: 'o', revision: 1, result: { any: [1] }, touched: ['web'] }],
  },
);

describe('a saved document', () => {
  it('is taken as it is, with what a later kato adds to it', () => {
    assert.equal(checkDocument(whole), whole);
    const later = { ...whole, jobs: {}, nodes: { web: { ...whole.nodes.web, more: 1 } } };
    assert.equal(checkDocument(later), later);
  });

  it('of another form is told by its version, before anything else of it', () => {
    assert.throws(() => checkDocument({ format: 2 }), { code: 'VERSION' });
  });

  it('that is damaged is told by the first place that is wrong', () => {
    const nodes = { ...whole.nodes, web: { ...whole.nodes.web, roles: null } };
    assert.throws(() => checkDocument({ ...whole, nodes }), {
      code: 'BAD_FILE',
      why: /^nodes\.web\.roles: /,
    });
  });

  it('is anything but that, and no decision ever sees it', () => {
    const parts = Object.keys(whole) as (keyof typeof whole)[];
    const spoilt = fc.tuple(fc.constantFrom(...parts), fc.jsonValue({ maxDepth: 5 }));
    fc.assert(
      fc.property(spoilt, ([part, value]) => {
        try {
          checkDocument({ ...whole, [part]: value });
        } catch (error) {
          assert.ok(error instanceof KatoError && error.code !== 'INTERNAL', String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
