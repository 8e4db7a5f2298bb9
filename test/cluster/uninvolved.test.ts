import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import { clusterOf, isSettled, settled, statusWhen, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { kill, restarted, runningOn } from '../support/running.ts';
import { until } from '../support/until.ts';

const DATA = '/var/lib/kato/data/nats-server';
const SERVICE = '/var/lib/kato/service/nats-server';
const STOP = `s6-svc -wD -T 10000 -d ${SERVICE}`;
const START = `s6-svc -u ${SERVICE}`;
const STATE = '/var/lib/kato/state';
/** What it heard, once a minute at most, and what it would show while nobody answers. */
const OWN = [STATE, `${STATE}/seen.json`, `${STATE}/status.json`];
/** Contents, and with each file its inode, times and rights. */
const DISK = `find /var/lib/kato /etc -xdev -printf '%p %i %T@ %C@ %s %m %u\\n' &&
  find /var/lib/kato /etc -xdev -type f -exec sha256sum {} + | awk '{print $2, $1}'`;

describe('a node that changes have nothing to do with', () => {
  const lab = useLab({ hosts: 3 });
  let core: Host;
  let other: Host;
  let node: Host;
  let newest: number;
  let atFirst: Record<string, string>;

  before('a cluster, and a copy of what its bus has', async () => {
    [core, other, node] = lab.hosts as [Host, Host, Host];
    await clusterOf(core, [
      [other, 'memcached'],
      [node, 'memcached'],
    ]);
    await settled(core);
    await typed(core, `${STOP} && cp -a ${DATA} /root/older && ${START}`);
    await settled(core);
    atFirst = await runningOn([node]);
  });

  const put = (copy: string) =>
    typed(core, `${STOP} && rm -rf ${DATA} && cp -a ${copy} ${DATA} && ${START}`);
  const revisionOf = ({ nodes }: Status): number =>
    nodes.find(({ address }) => address === node.address)!.appliedRevision;

  it('writes nothing to its disk for them, and has their revision', async () => {
    const before = await disksOf([node, other]);
    const { cluster } = await settled(core);
    for (let i = 0; i < 5; i++) {
      await core.kato('stop', '-n', other.name, 'memcached');
      await core.kato('start', '-n', other.name, 'memcached');
    }
    const status = await settled(core);
    newest = status.cluster.revision;
    assert.ok(newest >= cluster.revision + 10);
    assert.equal(revisionOf(status), newest);
    const after = await disksOf([node, other]);
    assert.deepEqual(after[0], before[0]);
    assert.notDeepEqual(after[1], before[1], 'that of the other is written to');
    const ledger = JSON.parse(await node.read(`${STATE}/ledger.json`));
    assert.ok(ledger.delivery.view.version.revision <= cluster.revision);
  });

  it('refuses a bus that is older than what it heard of, and says so', async () => {
    await typed(core, `${STOP} && cp -a ${DATA} /root/newer && ${START}`);
    await put('/root/older');
    await kill(core, 'controller');
    const says = `${node.name} has seen revision ${newest}, but the bus has an older or another history`;
    const isSaid = ({ warnings }: Status) =>
      warnings.some(({ code, message }) => code === 'STATE_OLDER' && message === says);
    await statusWhen(core, 'it says so', isSaid);
    assert.deepEqual(restarted(atFirst, await runningOn([node])), []);
  });

  it('goes on where the right one is put back, as if nothing had been', async () => {
    await put('/root/newer');
    const isOver = (now: Status) =>
      isSettled(now) && now.warnings.every(({ code }) => code !== 'STATE_OLDER');
    const change = () => core.kato('stop', '-n', other.name, 'memcached');
    await until(change, { what: 'changes are taken', seconds: 20 });
    const status = await statusWhen(core, 'all agree', isOver);
    assert.equal(status.cluster.revision, newest + 1);
    assert.equal(revisionOf(status), newest + 1);
    assert.deepEqual(restarted(atFirst, await runningOn([node])), []);
  });

  function disksOf(hosts: readonly Host[]): Promise<string[][]> {
    const linesOn = async (host: Host): Promise<string[]> => {
      const lines = (await typed(host, DISK)).trim().split('\n');
      return lines.filter((line) => !OWN.includes(line.split(' ')[0]!)).sort();
    };
    return Promise.all(hosts.map(linesOn));
  }
});
