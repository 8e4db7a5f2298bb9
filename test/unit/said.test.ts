import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assertGolden } from '../support/golden.ts';
import { GOLDEN } from '../support/said/hint.ts';
import { lineOf, listing } from '../support/said/listing.ts';
import { faultFinder, PROGRAMS } from '../support/said/named.ts';
import { followedBy, readBy } from '../support/said/quoted.ts';
import { UNFOLLOWED, UNREAD } from '../support/said/unfollowed.ts';
import { namesCommand } from '../support/said/words.ts';
import { readSources } from '../support/sources.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Records that were made elsewhere are handed on. */
const HANDED_ON = [
  'cli/session/already.ts: next',
  'domain/base/error.ts: safe(next)',
  'domain/base/error.ts: this.next',
  'operations/report.ts: v.exactOptional(cut(SENTENCE_MAX))',
];

const tests = readSources('test/**/*.test.ts');
const { said, untraced, missed } = listing();

describe('what kato can print', () => {
  it('is listed: hints, warnings, checks, notes, phases, and what commands say they did', () => {
    assertGolden(join(ROOT, GOLDEN), `${said.map(lineOf).join('\n')}\n`);
  });

  it('has no hint whose words the listing cannot find', () => {
    assert.deepEqual(untraced, HANDED_ON);
  });

  it('has every text that names a command', () => {
    assert.deepEqual(missed, []);
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

  it('tells what to do next in words that a test follows, or that stand on the list with a reason', () => {
    const toFollow = said
      .filter(({ kind, text }) => kind === 'hint' || isToBeTyped(text))
      .map(({ file, text }) => `${file}: ${text}`);
    const followed = followedBy(tests);
    const excepted = Object.values(UNFOLLOWED).flat();
    assert.deepEqual(
      toFollow.filter((line) => !followed(line) && !excepted.includes(line)),
      [],
      'nobody follows these',
    );
    assert.deepEqual(
      excepted.filter((line) => followed(line) || !toFollow.includes(line)),
      [],
      'these need no reason any more',
    );
  });

  it('is read by a test where it tells what was done or warns, or stands on the list with a reason', () => {
    const isRead = readBy(tests);
    const unread = said
      .filter((one) => ['said', 'warning'].includes(one.kind) && !isRead(one))
      .map(({ file, text }) => `${file}: ${text}`);
    assert.deepEqual(unread, Object.values(UNREAD).flat());
  });
});

/** It names a command of kato, or another one: `kato status`, `df -h`, or what stands in backquotes. */
function isToBeTyped(text: string): boolean {
  const others = Object.keys(PROGRAMS).map((name) => new RegExp(`(?<![\\w/-])${name} -`));
  return namesCommand(text) || /`|systemctl \w/.test(text) || others.some((one) => one.test(text));
}
