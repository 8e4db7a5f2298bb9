import assert from 'node:assert/strict';
import { clusterOf, refused, settled, statusWhen, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { restarted, runningOn } from '../support/running.ts';

const GONE = 'rm -rf /run/kato';

describe('when somebody deletes what kato has in /run', () => {
  const lab = useLab({ hosts: 2 });
  let core: Host;
  let node: Host;
  before(async () => {
    [core, node] = lab.hosts as [Host, Host];
    await clusterOf(core, [[node, 'router,redis']]);
    await settled(core);
  });

  it('a boot brings it back, as the status says; nothing but the agents is restarted', async () => {
    const before = await runningOn(lab.hosts);
    for (const host of lab.hosts) {
      await typed(host, GONE);
      const { code, next } = await refused(host, 'kato status');
      assert.equal(code, 'NOT_SET_UP');
      assert.match(next!, /^kato node boot /);
      assert.match(await typed(host, 'kato node boot'), /starting/);
      assert.match(await typed(host, 'kato node boot'), /already so/);
    }
    await settled(core);
    assert.deepEqual(restarted(before, await runningOn(lab.hosts)), ['h1 agent', 'h2 agent']);
    for (const host of lab.hosts) await typed(host, 'test -s /run/kato/boot-id');
  });

  it('a boot also starts an agent anew that is frozen: the kernel listens for it, and it does not', async () => {
    await typed(node, 'kill -STOP "$(s6-svstat -o pid /var/lib/kato/service/agent)"');
    assert.match(await typed(node, 'kato node boot'), /starting/);
    assert.match(await typed(node, 'kato node boot'), /already so/);
    await settled(core);
  });

  it('then all works as before: configs are loaded, processes are restarted and held', async () => {
    await core.kato('config', 'set', 'router', 'client_timeout', '61s');
    await core.kato('restart', '-n', node.name, 'redis');
    await core.kato('process', 'stop', '-n', node.name, 'redis');
    await core.kato('process', 'start', '-n', node.name, 'redis');
    await settled(core);
  });

  it('a halt ends the node in order, and a boot starts it', async () => {
    await typed(node, GONE);
    await typed(node, 'kato node halt');
    await typed(node, GONE);
    await typed(node, 'kato node boot');
    await settled(core);
    await typed(core, GONE);
    await typed(core, 'kato node halt');
    await typed(core, 'kato node boot');
    await statusWhen(core, 'the core is back', ({ nodes }) => nodes.length === 2);
    await settled(core);
  });
});
