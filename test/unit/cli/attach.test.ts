import assert from 'node:assert/strict';
import { type AttachValue, attachValueLines } from '../../../src/cli/render/attach.ts';

describe('what a person reads', () => {
  it('of an attach says "already so" only where nothing was done', () => {
    const core = '10.0.0.1';
    const of = (more: Partial<AttachValue>): string[] => {
      const is = { node: 'h2', roles: ['base', 'redis'], core, endpoint: 'api.example.com' };
      return attachValueLines({ ...is, already: true, added: [], notes: [], ...more });
    };
    const attached = 'h2 is attached to api.example.com at 10.0.0.1';
    const roles = 'its roles: base, redis';
    assert.deepEqual(of({}).slice(0, 2), [`already so: ${attached}`, roles]);
    assert.deepEqual(of({ already: false }).slice(0, 2), [attached, roles]);
    assert.deepEqual(of({ added: ['redis'] }).slice(0, 3), [attached, 'added now: redis', roles]);
  });
});
