import assert from 'node:assert/strict';
import { presenceOf } from '../../../src/domain/nodes/presence.ts';
import type { Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import { NOW } from '../../support/clusters.ts';

describe('the presence of a node', () => {
  it('is what controllers know: verdicts, and the boot that a node reported or speaks of since', () => {
    const silent: Verdicts['silent'] = {
      dead: { state: 'dead', since: NOW },
      left: { state: 'left', since: NOW },
      quiet: { state: 'inactive', since: NOW },
    };
    const reports = new Map(['dead', 'again', 'old'].map((id) => [id, { bootId: 'b' }]));
    const voices: Record<string, string[]> = { again: ['b', 'c'], old: [''] };
    const voicesOf = (id: string) => ({ heard: voices[id] ?? [] });
    const of = (id: string) => presenceOf({ verdicts: { silent }, reports, voicesOf }, id);
    assert.deepEqual(of('dead'), { gone: 'dead', bootId: 'b' });
    assert.deepEqual(of('left'), { gone: 'left', bootId: null });
    assert.deepEqual(of('quiet'), { gone: null, bootId: null }, 'pools keep it as well');
    assert.equal(of('again').bootId, 'c', 'booted a moment ago');
    assert.equal(of('old').bootId, 'b', '0.1.0 does not say');
  });
});
