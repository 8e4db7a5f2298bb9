import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

interface Outcome {
  failures: { kind: string; message: string; why: string; about: string }[];
  written: number;
  serves: boolean;
  keys: number;
}

type Name = 'before' | 'strict' | 'still' | 'again' | 'removed' | 'unjudged';

describe('a router whose OpenSSL becomes stricter', function () {
  this.timeout(120_000);
  let passes: Record<Name, Outcome> & { left: string[] };

  before('passes while it does', () => {
    const child = `${import.meta.dirname}/stricter.ts`;
    const script = 'ip link set lo up && exec "$0" "$1"';
    const argv = ['--mount', '--net', 'sh', '-c', script, process.execPath, child];
    passes = JSON.parse(execFileSync('unshare', argv, { encoding: 'utf8', timeout: 100_000 }));
  });

  it('serves the certificate while it is good', () => {
    assert.deepEqual(passes.before, { failures: [], written: 1, serves: true, keys: 1 });
  });

  it('goes on with each new config, without the certificate, and tells it', () => {
    for (const { failures, ...rest } of [passes.strict, passes.still]) {
      assert.deepEqual(rest, { written: 1, serves: false, keys: 0 });
      assert.equal(failures.length, 1);
      const { kind, message, why, about } = failures[0]!;
      assert.deepEqual([kind, about], ['use-certificate', 'shop.example.com']);
      assert.match(
        message,
        /^the certificate for shop.example.com cannot be loaded, and is left out/,
      );
      assert.match(
        why,
        /key too small.*; until then shop.* gets the certificate for names that have none$/,
      );
    }
  });

  it('takes it up again when it is good again', () => {
    assert.deepEqual(passes.again, { failures: [], written: 1, serves: true, keys: 1 });
  });

  it('keeps no key of one that was removed, in no folder', () => {
    assert.deepEqual(passes.removed, { failures: [], written: 1, serves: false, keys: 0 });
    assert.deepEqual(passes.left, []);
  });

  it('makes its config also where there is no room to ask nginx of each certificate', () => {
    assert.deepEqual(passes.unjudged, { failures: [], written: 1, serves: true, keys: 1 });
  });
});
