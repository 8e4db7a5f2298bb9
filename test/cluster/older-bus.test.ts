import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  asJson,
  clusterOf,
  isSettled,
  refused,
  settled,
  statusWhen,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { kill, restarted, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const DATA = '/var/lib/kato/data/nats-server';
const SERVICE = '/var/lib/kato/service/nats-server';
const STOP = `s6-svc -wD -T 10000 -d ${SERVICE}`;
const START = `s6-svc -u ${SERVICE}`;
const SECONDS = 20;

describe('when the data of the bus is replaced by an older copy', () => {
  const lab = useLab({ hosts: 2 });
  let core: Host;
  let node: Host;
  let atFirst: Record<string, string>;

  before('copies of the data, one older than the other', async () => {
    [core, node] = lab.hosts as [Host, Host];
    await clusterOf(core, [[node, 'router,redis']]);
    await route('old.example.com');
    await typed(core, `${STOP} && cp -a ${DATA} /root/older && ${START}`);
    await route('new.example.com');
    await route('newest.example.com');
    await settled(core);
    await typed(core, `${STOP} && cp -a ${DATA} /root/newer && ${START}`);
    await settled(core);
    atFirst = await runningOn(lab.hosts);
  });

  const route = (name: string) => core.kato('route', 'add', name, `${node.address}:8000`);
  const put = (copy: string) =>
    typed(core, `${STOP} && rm -rf ${DATA} && cp -a ${copy} ${DATA} && ${START}`);
  const warnsOlder = ({ warnings }: Status): boolean =>
    warnings.some(({ code }) => code === 'STATE_OLDER');
  /** Resolves with what helps. */
  const isRefused = async (): Promise<string> => {
    const error = await refused(core, `kato route add late.example.com ${node.address}:8000`);
    assert.deepEqual([error.code, error.exitCode], ['STATE_OLDER', 4]);
    const { commands } = hint(
      error.next,
      'domain/document/older-state.ts: kato node setup core --recover-from FILE, on the core',
    );
    return commands[0]!;
  };
  const routed = async (): Promise<string[]> => {
    const config = await node.read('/var/lib/kato/config/router/loaded/nginx.conf');
    return ['old', 'new', 'newest', 'late'].filter((name) => config.includes(`${name}.example`));
  };
  const assertKept = async (...others: string[]): Promise<void> => {
    const changed = restarted(atFirst, await runningOn(lab.hosts));
    assert.deepEqual(changed, ['h1 nats-server', ...others].sort());
    assert.deepEqual(await routed(), ['old', 'new', 'newest']);
  };

  it('running controllers notice, say so, and only read', async () => {
    await put('/root/older');
    const status = await statusWhen(core, 'the older state is noticed', warnsOlder);
    assert.ok(status.nodes.every(({ state }) => state === 'active'));
    await isRefused();
    await assertKept();
  });

  it('a controller that starts anew learns it from the nodes, which keep what they have', async () => {
    await kill(core, 'controller');
    await statusWhen(core, 'the older state is noticed', warnsOlder);
    await isRefused();
    await assertKept('h1 controller');
  });

  it('the right copy put back is all it takes', async () => {
    await put('/root/newer');
    await until(() => route('late.example.com'), { what: 'changes are taken', seconds: SECONDS });
    await statusWhen(core, 'all agree', (now) => isSettled(now) && !warnsOlder(now));
    assert.deepEqual(await routed(), ['old', 'new', 'newest', 'late']);
  });

  it("without one, the core's ledger makes all agree again", async () => {
    await put('/root/older');
    await statusWhen(core, 'the older state is noticed', warnsOlder);
    const recover = await isRefused();
    await typed(core, recover.replace('FILE', '/var/lib/kato/state/ledger.json'));
    await statusWhen(core, 'all agree', (now) => isSettled(now) && !warnsOlder(now));
    await route('after.example.com');
    const listed = await asJson<{ route: string }[]>(core, 'kato route list');
    assert.deepEqual(listed.map((one) => one.route).sort(), [
      'after.example.com',
      'late.example.com',
      'new.example.com',
      'newest.example.com',
      'old.example.com',
    ]);
    const changed = restarted(atFirst, await runningOn([node]));
    assert.deepEqual(
      changed.filter((name) => name.startsWith('h2')),
      [],
    );
  });
});
