import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withinChanges } from '../../../src/machine/s6/wait.ts';

/** Less than what it takes to notice a change without its event. */
const LIMIT_MS = 1900;

describe('waiting for a change', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kato-wait-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('asks again for what happens during a look, and after it', async () => {
    let looks = 0;
    const write = (): void => writeFileSync(join(folder, `${looks}`), '');
    const done = await withinChanges(folder, LIMIT_MS, async () => {
      looks++;
      if (looks === 1) write();
      if (looks === 2) setImmediate(write);
      return looks >= 3;
    });
    assert.ok(done);
    assert.equal(looks, 3);
  });

  it('looks every so often where there is nothing to watch', async () => {
    let looks = 0;
    const ask = async (): Promise<boolean> => ++looks === 3;
    assert.ok(await withinChanges(join(folder, 'none'), LIMIT_MS, ask));
  });

  it('ends with the last answer when the time is over', async () => {
    assert.equal(await withinChanges(folder, 1, async () => 0), 0);
  });
});
