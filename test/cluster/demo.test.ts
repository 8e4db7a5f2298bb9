import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findDemo } from '../support/demo/mark.ts';

const HOME = join(import.meta.dirname, '../..');

describe('the demo', () => {
  // One that a person looks at is not ours to end.
  before(function () {
    if (findDemo() !== undefined) this.skip();
  });
  after(() => findDemo()?.lab.down());

  it('builds a cluster on five hosts that answers through its load balancer', async () => {
    const said = await demo();
    assert.match(said, / is the core of api\.example\.com/);
    assert.match(said, /h4 is a load balancer\n +in exchange for router/);
    for (const roles of [
      'primary controller router',
      'load_balancer',
      'memcached postgresql redis',
    ]) {
      assert.match(said, new RegExp(`^ .* active .* base ${roles}$`, 'm'));
    }
    assert.equal(said.match(/^ +the shop, by /gm)?.length, 4);
    assert.match(said, /scripts\/lab --lab \d+ on h1 kato status --watch/);
  });

  it('says that it is up, when asked for again', async () => {
    assert.match(await demo(), /the demo is already up, in lab \d+/);
  });

  it('goes, and tells which packages stay', async () => {
    const said = await demo('--down');
    assert.match(said, /the demo and its five hosts are gone/);
    assert.match(said, /Debian package/);
    assert.equal(findDemo(), undefined);
    assert.match(await demo('--down'), /no demo is up/);
  });
});

/** All that `scripts/demo` says; it must succeed. */
function demo(...words: string[]): Promise<string> {
  const child = spawn('scripts/demo', words, { cwd: HOME, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`scripts/demo ended with ${code}:\n${said}`));
    });
  });
}
