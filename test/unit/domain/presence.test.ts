import assert from 'node:assert/strict';
import { presenceOf } from '../../../src/domain/nodes/presence.ts';
import type { Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import { NOW } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';

describe('the presence of a node', () => {
  it('is what controllers know: verdicts, and the boot that a node reported or speaks of since', () => {
    const silent: Verdicts['silent'] = {
      dead: { state: 'dead', since: NOW },
      left: { state: 'left', since: NOW },
      quiet: { state: 'inactive', since: NOW },
    };
    const report = reportOf('dead', {}, { bootId: 'b' });
    const reports = new Map(['dead', 'again', 'old'].map((id) => [id, report]));
    const voices: Record<string, string[]> = { again: ['b', 'c'], old: [''] };
    const voicesOf = (id: string) => ({ heard: voices[id] ?? [] });
    const of = (id: string) => presenceOf({ verdicts: { silent }, reports, voicesOf }, id);
    assert.deepEqual(of('dead'), { gone: 'dead', ready: {}, bootId: 'b', report });
    assert.deepEqual(of('left'), { gone: 'left', ready: {}, bootId: null, report: null });
    const quiet = { gone: null, ready: {}, bootId: null, report: null };
    assert.deepEqual(of('quiet'), quiet, 'pools keep it as well');
    const again = { gone: null, ready: {}, bootId: 'c', report: null };
    assert.deepEqual(of('again'), again, 'booted a moment ago');
    assert.deepEqual(
      of('old'),
      { gone: null, ready: {}, bootId: 'b', report },
      '0.1.0 does not say',
    );
  });
});
