import assert from 'node:assert/strict';
import type { Asked } from '../../../src/domain/document/change.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { changeSetting } from '../../../src/domain/document/setting-changes.ts';
import { heldBack, turnOf } from '../../../src/domain/rolls/rolls.ts';
import { rollStopped, rollsAskedAt } from '../../../src/domain/rolls/stop.ts';
import { advance, type TurnEnd } from '../../../src/domain/rolls/turns.ts';
import { rollWarnings } from '../../../src/domain/telling/roll-warnings.ts';
import { poolsOf } from '../../../src/domain/traffic/pools.ts';
import { asked, catalogue, clusterWith, who, withNode } from '../../support/clusters.ts';
import { thrown } from '../../support/last.ts';
import { contentsOf, touched } from '../../support/views.ts';

const ROLE = 'postgresql';
const KEY = 'shared_buffers_mb';
const FAILED: TurnEnd = { code: 'ROLE_FAILED', message: 'postgresql keeps dying', why: 'no room' };

const viewOf = (cluster: Cluster, id: string) => contentsOf(cluster).viewOf(id);

/** Written, as a controller does. */
function next({ cluster }: { cluster: Cluster }): Cluster {
  return { ...cluster, revision: cluster.revision + 1 };
}

function set(cluster: Cluster, value: number, by: Asked = asked(), key = KEY) {
  return changeSetting(cluster, { component: ROLE, key, act: 'set', value }, by);
}

/** The turn that is under way ends. */
function ended(cluster: Cluster, end: TurnEnd = 'over', by: Asked = asked()): Cluster {
  return next(advance(cluster, { role: ROLE, turn: turnOf(cluster.rolls![ROLE]!), end }, by));
}

/** What nodes have now, in the order of their names. */
function values(cluster: Cluster): unknown[] {
  return Object.keys(cluster.nodes)
    .sort()
    .map((id) => viewOf(cluster, id).settings[ROLE]?.[KEY]);
}

const isTurnOf = (cluster: Cluster): string => turnOf(cluster.rolls![ROLE]!).node;

const cluster = clusterWith({ a: [ROLE], b: [ROLE], c: [ROLE] });

describe('a setting of a role that several nodes have', () => {
  it('comes to one after the other, each when the one before is well', () => {
    const changed = set(cluster, 64);
    assert.deepEqual(touched(cluster, changed).sort(), ['a', 'b', 'c'], 'all are waited for');
    let now = next(changed);
    const seen = [values(now)];
    while (now.rolls?.[ROLE] !== undefined) {
      now = ended(now);
      seen.push(values(now));
    }
    assert.deepEqual(seen, [
      [64, 128, 128, undefined],
      [64, 64, 128, undefined],
      [64, 64, 64, undefined],
      [64, 64, 64, undefined],
    ]);
    assert.deepEqual(now.rolls, {});
  });

  it('comes to the core last, and to a node that is gone when it is back', () => {
    const withCore = withNode(cluster, 'core', {
      roles: { ...cluster.nodes.core!.roles, [ROLE]: { stopped: null } },
    });
    const dead = asked(who({ a: { gone: 'dead' } }));
    let now = next(set(withCore, 64, dead));
    assert.equal(isTurnOf(now), 'b');
    now = ended(now, 'over', dead);
    assert.equal(isTurnOf(now), 'c');
    assert.deepEqual(heldBack(now, ROLE, 'core'), { [KEY]: 128 });
    now = ended(now, 'over', dead);
    assert.equal(isTurnOf(now), 'core');
    now = ended(now, 'over', dead);
    assert.deepEqual(now.rolls, {}, 'nobody is left whose turn could come');
    assert.deepEqual(values(now), [64, 64, 64, 64]);
  });

  it('is had before by nodes that join while it is on its way', () => {
    const now = next(set(cluster, 64));
    const d = { ...now.nodes.c!, id: 'd', name: 'd' };
    const joined: Cluster = { ...now, nodes: { ...now.nodes, d } };
    assert.equal(viewOf(joined, 'd').settings[ROLE]![KEY], 128);
    let after: Cluster = joined;
    while (after.rolls?.[ROLE] !== undefined) after = ended(after);
    assert.equal(viewOf(after, 'd').settings[ROLE]![KEY], 64);
  });

  it('is simply changed where one node has the role', () => {
    const one = clusterWith({ a: [ROLE] });
    const { cluster: after } = set(one, 64);
    assert.equal(after.rolls, undefined);
    assert.equal(viewOf(after, 'a').settings[ROLE]![KEY], 64);
  });

  it('stops at the first that is not well, and says what takes it back', () => {
    const stopped = ended(ended(next(set(cluster, 64))), FAILED);
    assert.equal(isTurnOf(stopped), 'b');
    assert.deepEqual(values(stopped), [64, 64, 128, undefined]);
    assert.deepEqual(rollStopped(stopped, catalogue, ROLE)!.error, {
      code: 'ROLE_FAILED',
      message: `b is not well with ${ROLE} ${KEY} 64: postgresql keeps dying`,
      why: 'it came to 2 of 3 nodes, and to no other; no room',
      next: `give it another value, or take it back: kato config set ${ROLE} ${KEY} 128`,
    });
    const end = { role: ROLE, turn: turnOf(stopped.rolls![ROLE]!), end: 'over' } as const;
    assert.equal(advance(stopped, end, asked()).changed, false, 'nothing goes on by itself');
  });

  it('is taken back on those alone that have it, one after the other', () => {
    const stopped = ended(ended(next(set(cluster, 64))), FAILED);
    let now = next(set(stopped, 128));
    assert.deepEqual(values(now), [128, 64, 128, undefined]);
    now = ended(now);
    assert.deepEqual(values(now), [128, 128, 128, undefined]);
    assert.deepEqual(ended(now).rolls, {});
  });

  it('is taken back while it is on its way, too', () => {
    const now = next(set(ended(next(set(cluster, 64))), 128));
    assert.equal(isTurnOf(now), 'a');
    assert.deepEqual(ended(ended(now)).rolls, {});
  });

  it('gives way to another value where it stopped: those that have it get that first', () => {
    const stopped = ended(ended(next(set(cluster, 64))), FAILED);
    let now = next(set(stopped, 32));
    const seen = [values(now)];
    for (let i = 0; i < 2; i++) {
      now = ended(now);
      seen.push(values(now));
    }
    assert.deepEqual(seen, [
      [32, 64, 128, undefined],
      [32, 32, 128, undefined],
      [32, 32, 32, undefined],
    ]);
    const undo = next(set(ended(next(set(stopped, 32)), FAILED), 128));
    assert.deepEqual(values(undo), [128, 64, 128, undefined], 'what all had first is known still');
  });

  it('goes on where it stopped when somebody asks for the same again', () => {
    const stopped = ended(next(set(cluster, 64)), FAILED);
    const again = set(stopped, 64);
    assert.equal(again.changed, true);
    assert.deepEqual(touched(stopped, again).sort(), ['a', 'b', 'c']);
    assert.equal(isTurnOf(ended(next(again))), 'b');
  });

  it('is no matter of a change that did not ask for it', () => {
    const stopped = ended(next(set(cluster, 64)), FAILED);
    const about = (revision: number) =>
      ['a', 'b'].map((id) => rollsAskedAt(stopped, catalogue, revision).stopOf(id)?.code);
    assert.deepEqual(about(2), ['ROLE_FAILED', 'ROLE_FAILED']);
    assert.deepEqual(about(3), [undefined, undefined]);
    const isInTurn = (revision: number) =>
      rollsAskedAt(stopped, catalogue, revision).inTurn.has('a');
    assert.deepEqual([isInTurn(2), isInTurn(3)], [true, false]);
    const again = next(set(stopped, 64));
    assert.deepEqual(again.rolls![ROLE]!.asked, [2, 4], 'both follow it then');
  });

  it('lets no other setting of its role change, and no third value', () => {
    const now = next(set(cluster, 64));
    for (const [value, key] of [
      [32, KEY],
      [50, 'max_connections'],
    ] as const) {
      const error = thrown(() => set(now, value, asked(), key));
      assert.equal(error.code, 'CONFLICT');
      assert.match(error.why!, /^postgresql shared_buffers_mb goes .* it is the turn of a$/);
    }
    const stopped = ended(now, FAILED);
    assert.match(
      thrown(() => set(stopped, 50, asked(), 'max_connections')).why!,
      /came to a, which is not well with it$/,
    );
  });

  it('is told of as long as it is on its way', () => {
    const now = next(set(cluster, 64));
    const told = (of: Cluster) =>
      rollWarnings(of, catalogue).map(({ code, message }) => [code, message]);
    assert.deepEqual(told(now), [
      [
        'SETTING_UNDER_WAY',
        `${ROLE} ${KEY} goes from node to node: it is the turn of a, and 2 of 3 are to follow`,
      ],
    ]);
    assert.equal(told(ended(now, FAILED))[0]![0], 'SETTING_STOPPED');
    assert.deepEqual(told(ended(ended(ended(now)))), []);
  });

  it('is ended by no news of a turn that is over', () => {
    const first = next(set(cluster, 64));
    const turn = turnOf(first.rolls![ROLE]!);
    const second = ended(first);
    const late = advance(second, { role: ROLE, turn, end: FAILED }, asked());
    assert.equal(late.changed, false);
  });
});

describe('a port that two routers have', () => {
  const routers = clusterWith({ web: ['router'] });
  const moved = next(
    changeSetting(
      routers,
      { component: 'router', key: 'http_port', act: 'set', value: 8080 },
      asked(who({ core: { ready: { router: { since: 1, number: 1 } } } })),
    ),
  );
  const members = (of: Cluster) =>
    poolsOf(of, catalogue, [], { outages: {}, silent: {} })
      .find(({ name }) => name === 'routers')!
      .members.map(({ address }) => address);

  it('is at each of them what it has', () => {
    assert.equal(turnOf(moved.rolls!.router!).node, 'web');
    assert.deepEqual(members(moved), ['10.0.0.1:80', '10.0.0.2:8080']);
  });

  it('is a loop for routes at both values', () => {
    const route = {
      ...{ host: 'a.org', path: '/', sticky: false },
      backends: ['10.0.0.1:80', '10.0.0.1:8080', '10.0.0.2:80', '10.9.9.9:80'],
    };
    const pools = poolsOf({ ...moved, routes: { 'a.org': route } }, catalogue, [], {
      ...{ outages: {}, silent: {} },
    });
    assert.deepEqual(
      pools.find(({ kind }) => kind === 'route')!.members.map(({ address }) => address),
      ['10.0.0.2:80', '10.9.9.9:80'],
    );
  });
});
