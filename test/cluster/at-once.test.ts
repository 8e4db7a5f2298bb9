import assert from 'node:assert/strict';
import { ENDPOINT, settled, tokenFrom, type } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';

describe('two commands at once that make a machine a node', () => {
  const lab = useLab({ hosts: 1 });
  needsMachines(lab);

  it('do not mix: one sets the core up, the other finds it set up', async () => {
    const core = lab.host(1);
    const line = `kato node setup core ${ENDPOINT}`;
    const both = await Promise.all([1, 2].map(() => type(core, line)));
    assert.deepEqual(
      both.map(({ exitCode }) => exitCode),
      [0, 0],
      both.map(({ stderr }) => stderr).join('\n'),
    );
    assert.deepEqual(both.map(({ stdout }) => /already so/.test(stdout)).sort(), [false, true]);
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 1);
    assert.match(await tokenFrom(core), /^kato1\./);
  });
});
