import assert from 'node:assert/strict';
import { isNewer } from '../../../src/controller/reports.ts';
import type { Report } from '../../../src/domain/step.ts';

describe('a report', () => {
  const of = (bootId: string, at: string) => ({ bootId, at }) as Report;
  const before = of('b1', '2026-01-01T12:00:00.000Z');

  it('is newer by its time within one boot, and by its boot when the clock was set back', () => {
    assert.ok(isNewer(before, undefined));
    assert.ok(isNewer(of('b1', '2026-01-01T12:00:01.000Z'), before));
    assert.ok(!isNewer(of('b1', '2026-01-01T11:59:59.000Z'), before));
    assert.ok(isNewer(of('b2', '2025-01-01T00:00:00.000Z'), before));
  });
});
