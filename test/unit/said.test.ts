import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assertGolden } from '../support/golden.ts';
import { lineOf, listing } from '../support/said/listing.ts';
import { faultFinder, PROGRAMS } from '../support/said/named.ts';

const GOLDEN = join(import.meta.dirname, 'golden/said.txt');

/** Records that were made elsewhere are handed on. */
const HANDED_ON = [
  'domain/error.ts: safe(next)',
  'domain/error.ts: this.next',
  'operations/report.ts: v.exactOptional(cut(SENTENCE_MAX))',
];

const { said, untraced } = listing();

describe('what kato can print', () => {
  it('is listed: hints, warnings, checks, notes, phases, and what commands say they did', () => {
    assertGolden(GOLDEN, `${said.map(lineOf).join('\n')}\n`);
  });

  it('has no hint whose words the listing cannot find', () => {
    assert.deepEqual(untraced, HANDED_ON);
  });

  it('names commands, flags, arguments, programs and files that there are', async () => {
    const faultsIn = await faultFinder();
    const wrong = said.flatMap((one) =>
      faultsIn(one.text).map((why) => `${lineOf(one)}\n  ${why}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('names programs that come with Debian or by scripts/setup', () => {
    const folders = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];
    const isThere = (name: string) => folders.some((folder) => existsSync(`${folder}/${name}`));
    assert.deepEqual(
      Object.keys(PROGRAMS).filter((name) => !isThere(name)),
      [],
    );
  });
});
