import assert from 'node:assert/strict';
import {
  coreOn,
  nodeOn,
  refused,
  rolesOf,
  settled,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { assertData, assertTree, cloneOf, dataNode, treeOf } from '../support/identities.ts';
import { interrupted, killAfter, SIGNALS } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { restarted, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';

describe('a copy of a disk, beside the node that it was made of', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  let core: Host;
  let original: Host;
  let copy: Host;
  let line: string;
  let atFirst: Record<string, string>;

  before('a core and a node with rows in its databases', async () => {
    [core, original, copy] = lab.hosts as [Host, Host, Host];
    await coreOn(core);
    await dataNode(original, core);
    await settled(core);
    atFirst = await runningOn([original]);
    line = `kato node attach --yes -e memcached ${core.address}`;
  });
  afterEach('the copy is nobody again, and the original is as it was', async function () {
    await type(copy, 'kato node detach || kato node halt; rm -rf /var/lib/kato');
    if (this.currentTest?.state === 'failed') return;
    assert.deepEqual(restarted(atFirst, await runningOn([original])), []);
    await assertData(original, core);
  });

  const env = async (uses = 1) => ({ KATO_TOKEN: await tokenFrom(core, `--uses ${uses}`) });
  /** The one place where all lies that the copy had. */
  const asideOn = async (): Promise<string> => {
    const [place = '', ...more] = (await typed(copy, 'ls -d /var/lib/kato/aside/*/'))
      .trim()
      .split('\n');
    assert.deepEqual(more, []);
    return place;
  };
  const assertAside = async (): Promise<void> => {
    const place = await asideOn();
    await typed(copy, `cd ${place} && ls state/identity.json data/postgresql/PG_VERSION service`);
  };
  const assertJoined = async (): Promise<void> => {
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 3);
    const joined = await nodeOn(copy, core);
    assert.deepEqual(rolesOf(joined), ['base', 'memcached']);
    assert.notEqual(joined.id, (await nodeOn(original, core)).id);
  };

  for (const sameMachineId of [true, false]) {
    const which = sameMachineId ? 'the same machine id' : 'a machine id of its own';
    it(`gets an identity of its own, with ${which}; what it had is set aside`, async () => {
      await cloneOf(original, copy, { sameMachineId });
      const said = await type(copy, line, { env: await env() });
      assert.match(said.stderr, sameMachineId ? /this machine is node h2/ : /carries a copy of/);
      await assertJoined();
      await assertAside();
    });
  }

  it('asked for twice at once, it joins once', async () => {
    await cloneOf(original, copy, { sameMachineId: true });
    const given = await env(2);
    const both = await Promise.all([1, 2].map(() => type(copy, line, { env: given })));
    assert.deepEqual(
      both.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    assert.deepEqual(both.map(({ stdout }) => /already so/.test(stdout)).sort(), [false, true]);
    await assertJoined();
    await assertAside();
  });

  for (const phase of ['packages', 'aside', 'join', 'agent']) {
    it(`interrupted at the start of '${phase}', ends as undisturbed when it is run again`, async () => {
      await cloneOf(original, copy, { sameMachineId: true });
      const given = await env(1);
      for (const signal of Object.keys(SIGNALS)) {
        await interrupted(copy, phase, signal, { argv: line.split(' '), env: given });
      }
      await typed(copy, line, { env: given });
      await assertJoined();
      await assertAside();
    });
  }

  it('killed between two renames, has all in one folder when it is run again', async () => {
    const hook = '--import /root/hook.mjs';
    for (const renames of [1, 4]) {
      await cloneOf(original, copy, { sameMachineId: true });
      await copy.write('/root/hook.mjs', killAfter(renames));
      const given = await env(1);
      const killed = await type(copy, line, { env: { ...given, NODE_OPTIONS: hook } });
      assert.equal(killed.exitCode, SIGNALS.SIGKILL, killed.stderr);
      await typed(copy, line, { env: given });
      await assertJoined();
      await assertAside();
      if (renames === 4) return;
      await copy.kato('node', 'detach');
      await typed(copy, 'rm -rf /var/lib/kato');
    }
  });

  it('keeps all where it was when there is no room, or something is mounted in the way', async () => {
    await cloneOf(original, copy, { sameMachineId: true });
    const before = await treeOf(copy);
    const given = await env(1);
    const unasked = await refused(copy, line.replace('--yes ', ''), { env: given });
    hint(
      unasked.next,
      'operations/local/carried.ts: unless another machine is ${name} now, it stays ${name} by kato node migrate ${old} ${address} on the core, or when it has ${old} again; with --yes it is attached as a new node: what it has goes to /var/lib/kato/aside',
    );
    const mount = 'mount -t tmpfs tmpfs /var/lib/kato/data/postgresql';
    await typed(copy, mount);
    const inTheWay = await refused(copy, line, { env: given });
    assert.deepEqual([inTheWay.code, inTheWay.exitCode], ['CONFLICT', 4]);
    assert.match(inTheWay.why!, /is mounted at \/var\/lib\/kato\/data\/postgresql$/);
    const { text } = hint(
      inTheWay.next,
      'machine/disk/aside.ts: kato node halt; umount ${inside}, also in /etc/fstab; then run the command again',
    );
    await typed(copy, `set -e; ${text.slice(0, text.indexOf(','))}; rm -r /var/lib/kato/aside`);
    await assertTree(copy, before);

    await typed(copy, 'mv /var/lib/kato /root/kato && mkdir /var/lib/kato');
    await typed(copy, 'mount -t tmpfs -o size=200M,mode=0755 tmpfs /var/lib/kato');
    await typed(copy, 'cp -a /root/kato/. /var/lib/kato/');
    await typed(copy, 'cat /dev/zero >/var/lib/kato/state/full 2>/dev/null || true');
    const full = await refused(copy, line, { env: given });
    assert.deepEqual([full.code, full.exitCode], ['NO_SPACE', 1]);
    await typed(copy, 'rm -r /var/lib/kato/state/full');
    await assertTree(copy, before);
    await typed(copy, line, { env: given });
    await assertJoined();
    await assertAside();
    await typed(copy, 'kato node detach && umount /var/lib/kato');
  });

  it('on a volume of its own, has its data set aside on that volume', async () => {
    await cloneOf(original, copy, { sameMachineId: true });
    await typed(
      copy,
      'cd /var/lib/kato && mv data /root/data && mkdir data && mount -t tmpfs tmpfs data &&' +
        ' cp -a /root/data/. data/',
    );
    const { stderr } = await type(copy, line, { env: await env() });
    const places = [...stderr.matchAll(/what the machine had is in (\S+)/g)].map(([, at]) => at);
    assert.equal(places.length, 2);
    await typed(copy, `ls ${places[0]}/state/identity.json ${places[1]}/postgresql/PG_VERSION`);
    assert.match(places[1]!, /^\/var\/lib\/kato\/data\/\.aside\//);
    await assertJoined();
    await typed(copy, 'kato node detach && umount /var/lib/kato/data');
  });
});
