import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { machine } from './kato.ts';

describe('completion for fish, kept in a file', () => {
  before(function () {
    try {
      execFileSync('sh', ['-c', 'command -v fish']);
    } catch {
      this.skip();
    }
  });

  it('is found there', async () => {
    const here = await machine({ agent: false });
    const { stdout } = await here.type(`export HOME=$KATO_ROOT; mkdir -p ~/.config/fish/completions
      fish -c "complete -C 'kato node set'"; echo then
      kato completion fish > ~/.config/fish/completions/kato.fish
      fish -c "complete -C 'kato node set'" | cut -f 1`);
    here.end();
    assert.equal(stdout, 'then\nsetup\n');
  });
});
