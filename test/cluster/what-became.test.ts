import assert from 'node:assert/strict';
import type { HistoryEntry } from '../../src/domain/telling/history.ts';
import {
  asJson,
  clusterOf,
  hastenDeath,
  refused,
  settled,
  statusWhen,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { ownKato } from '../support/own-kato.ts';
import { hint } from '../support/said/hint.ts';
import { foreignOn } from '../support/traffic/other-programs.ts';
import { ROLES } from '../support/trying-roles.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 120_000;

describe('the history tells what became of a change', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  let core: Host;
  let node: Host;
  let other: Host;

  before(async () => {
    [core, node, other] = lab.hosts as [Host, Host, Host];
    await Promise.all(lab.hosts.map((host) => ownKato(host, ROLES)));
    await clusterOf(core, [
      [node, ''],
      [other, ''],
    ]);
    await settled(core);
    await hastenDeath(core);
  });

  /** The newest of an operation, when its end is known. */
  const ended = (operation: string): Promise<HistoryEntry> =>
    until(
      async () => {
        const entries = await asJson<HistoryEntry[]>(core, 'kato history');
        const last = entries.findLast((entry) => entry.operation === operation);
        return last?.end === undefined ? undefined : last;
      },
      { what: `the end of ${operation}`, seconds: 30 },
    );

  it('that is done on its node', async () => {
    await typed(core, `kato role add -n ${node.name} memcached`);
    const { id, end } = await ended('role.add');
    assert.deepEqual([end!.outcome, end!.nodes], ['done', [{ node: node.name, outcome: 'done' }]]);
    const shown = await typed(core, `kato history ${id!.slice(0, 8)}`);
    assert.match(shown, /^what +role\.add node=h2 roles=memcached/);
    assert.match(shown, /NODE +OUTCOME +WHY\nh2 +done/);
    await typed(core, `kato role remove -n ${node.name} memcached`);
  });

  it('that failed there, and why', async () => {
    const taken = await foreignOn(node);
    const error = await refused(core, `kato role add -n ${node.name} router`);
    assert.equal(error.code, 'PORT_TAKEN');
    const { end } = await ended('role.add');
    const [first] = end!.nodes;
    assert.deepEqual([end!.outcome, first!.node, first!.code], ['failed', node.name, 'PORT_TAKEN']);
    assert.match(await typed(core, 'kato history'), /failed on h2 +role\.add node=h2/);
    const again = await refused(core, `kato role add -n ${node.name} router`);
    assert.deepEqual([again.code, again.exitCode], [error.code, error.exitCode], 'asked again');
    await taken.kill('SIGKILL');
    await typed(core, `kato role remove -n ${node.name} router`);
  });

  it('that is late, for its node is away', async function () {
    this.timeout(LIMIT_MS);
    await other.powerOff();
    await statusWhen(core, 'it is dead', ({ nodes }) =>
      nodes.some(({ name, state }) => name === other.name && state === 'dead'),
    );
    await typed(core, `kato role add --no-wait -n ${other.name} memcached`);
    const { end } = await ended('role.add');
    assert.deepEqual(end!.nodes, [{ node: other.name, outcome: 'late', message: 'it is dead' }]);
    await other.powerOn();
    await settled(core);
  });

  it('that was overtaken by another one, and one whose controller died at once', async function () {
    this.timeout(LIMIT_MS);
    await typed(core, `kato role add -n ${node.name} slow --no-wait`);
    await until(
      async () =>
        (await type(node, 's6-svstat -o up /var/lib/kato/service/slow')).stdout === 'true\n',
      { what: 'it starts', seconds: 20 },
    );
    await typed(core, `kato role remove -n ${node.name} slow`);
    const { end } = await ended('role.add');
    assert.deepEqual(end!.nodes, [
      {
        ...{ node: node.name, outcome: 'superseded' },
        message: 'something else was asked for before it was done',
      },
    ]);

    await typed(core, `kato role add --no-wait -n ${node.name} memcached`);
    await typed(core, 's6-svc -k /var/lib/kato/service/controller');
    assert.equal((await ended('role.add')).end!.outcome, 'done');
  });

  /** Of the ids of two changes; where there are none it makes another change. */
  async function sharedStart(): Promise<string | undefined> {
    const entries = await asJson<HistoryEntry[]>(core, 'kato history --limit 1000');
    const firsts = entries.flatMap(({ id }) => id?.[0] ?? []);
    const twice = firsts.find((one, i) => firsts.indexOf(one) !== i);
    if (twice === undefined) await typed(core, `kato route add s${firsts.length}.org 10.9.9.9:80`);
    return twice;
  }

  it('by an id that there is, and says so where there is none, or more than one', async () => {
    const none = await refused(core, 'kato history ffffffff-none');
    const { commands } = hint(
      none.next,
      'cli/commands/history.ts: kato history shows the ids of changes',
    );
    const listed = await typed(core, commands[0]!);
    assert.match(listed, /^WHEN +BY +ID +OUTCOME +WHAT/);
    const twice = await until(sharedStart, { what: 'two ids begin alike', seconds: 30 });
    const many = await refused(core, `kato history ${twice}`);
    const more = hint(many.next, 'cli/commands/history.ts: type more of the id: kato history');
    assert.equal((await type(core, more.commands[0]!)).exitCode, 0);
  });
});
