import assert from 'node:assert/strict';
import { accepts } from '../../../src/domain/document/acceptance.ts';
import type { Version } from '../../../src/domain/views/view.ts';

const newest: Version = { lineage: 'l1', epoch: 1, revision: 7, hash: 'h7' };
const accepted = (offered: Partial<Version>) => accepts(newest, { ...newest, ...offered });

describe('a node that has seen revision 7', () => {
  it('accepts it again, and every later one of the same history', () => {
    assert.ok(accepted({}));
    assert.ok(accepted({ revision: 8, hash: 'h8' }));
  });

  it('does not go back to an older state, as a restored bus would offer', () => {
    assert.ok(!accepted({ revision: 6, hash: 'h6' }));
  });

  it('does not take another revision 7 for its own', () => {
    assert.ok(!accepted({ hash: 'other' }));
  });

  it('does not follow another history of the same epoch, however late', () => {
    assert.ok(!accepted({ lineage: 'l2', revision: 99, hash: 'h99' }));
  });

  it('follows a recovery, and never what was before one', () => {
    assert.ok(accepted({ lineage: 'l2', epoch: 2, revision: 1, hash: 'h1' }));
    assert.ok(!accepted({ lineage: 'l0', epoch: 0, revision: 99, hash: 'h99' }));
  });
});
