import assert from 'node:assert/strict';
import {
  attach,
  clusterOf,
  coreOn,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { assertData, assertTree, dataNode, fillData, treeOf } from '../support/identities.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { restarted, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';

const EXPORT = '/root/cluster.kato';
const env = { KATO_PASSPHRASE: 'correct horse battery' };

describe('after a recovery from an export that was made too early', function () {
  this.timeout(180_000);
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  let core: Host;
  let router: Host;
  let data: Host;
  let removed: Host;
  let oldToken: string;
  let said: string;
  let atFirst: Record<string, string>;

  before('a core that is lost, and what happened since the export', async () => {
    [core, router, data, removed] = lab.hosts as [Host, Host, Host, Host];
    await clusterOf(core, [
      [router, 'router'],
      [removed, ''],
    ]);
    oldToken = await tokenFrom(core, '--uses 5');
    await typed(core, 'kato route announcer add shop --host shop.example.com');
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
    const exported = await core.read(EXPORT);
    await attach(data, core, 'redis,postgresql');
    await fillData(data, core);
    await typed(core, `kato node remove ${removed.name} && kato route announcer remove shop`);
    atFirst = await runningOn([data, router]);
    await core.powerOff();
    await core.powerOn();
    await typed(core, 'kato node halt; rm -rf /var/lib/kato');
    await core.write(EXPORT, exported);
    said = await typed(core, `kato node setup core --recover-from ${EXPORT}`, { env });
  });

  it('it is said what may count again that was taken away since', async () => {
    const told = said.split('\n').map((line) => line.replace(/^note: /, ''));
    const made = hint(
      told.find((line) => line.startsWith('earlier tokens')),
      'operations/local/recover.ts: earlier tokens no longer let anybody in: kato token create makes new ones',
    );
    assert.match(await typed(core, made.commands[0]!), /^token .*one use/);
    const again = hint(
      told.find((line) => line.startsWith('what was removed')),
      'operations/local/recover.ts: what was removed after revision ${saved.revision} is a node again: kato node list shows all, kato node remove NODE takes one out',
    );
    const [list, remove] = again.commands;
    assert.match(await typed(core, list!), new RegExp(`^${removed.address} `, 'm'));
    assert.match(
      said,
      /^note: these may announce routes again, also if removed after revision \d+: shop$/m,
    );
    const { commands } = hint(
      said.trim().split('\n').at(-1),
      'cli/render/core.ts: nodes that joined after that must be attached again; kato status shows all others',
    );
    assert.match(await typed(core, commands[0]!), new RegExp(`^..h2 +${router.address} `, 'm'));
    const line = `kato node attach --yes ${core.address}`;
    const refusal = await refused(removed, line, { env: { KATO_TOKEN: oldToken } });
    assert.equal(refusal.code, 'TOKEN_REVOKED');
    await typed(core, remove!.replace('NODE', removed.name));
    assert.doesNotMatch(await typed(core, list!), new RegExp(`^${removed.address} `, 'm'));
  });

  it('a node that joined later goes on as it is, and says what is wrong', async () => {
    const isRefused = async (): Promise<boolean> => {
      const { stdout } = await type(data, 'kato status --json');
      return stdout.includes('NODE_REFUSED');
    };
    await statusWhen(core, 'h2 is back', ({ nodes }) =>
      nodes.some(({ name, state }) => name === 'h2' && state === 'active'),
    );
    assert.ok(await isRefused());
    assert.deepEqual(restarted(atFirst, await runningOn([data, router])), []);
  });

  it('it joins anew by attach, with its roles, its name and its data', async () => {
    const line = `kato node attach ${core.address}`;
    const none = await refused(data, line);
    assert.deepEqual([none.code, none.exitCode], ['USAGE', 2]);
    const bad = await refused(data, line, { env: { KATO_TOKEN: oldToken } });
    assert.equal(bad.code, 'TOKEN_REVOKED');
    assert.deepEqual(restarted(atFirst, await runningOn([data, router])), []);
    const given = { KATO_TOKEN: await tokenFrom(core) };
    const joined = await type(data, line, { env: given });
    assert.equal(joined.exitCode, 0, joined.stderr);
    assert.match(joined.stderr, /the bus no longer knows the key of node h3/);
    assert.match(joined.stderr, /what the machine had is in \/var\/lib\/kato\/aside\//);
    const node = await nodeOn(data, core);
    assert.deepEqual([node.name, rolesOf(node)], ['h3', ['base', 'postgresql', 'redis']]);
    await assertData(data, core);
    assert.match(await typed(data, line), /already so/);
  });
});

describe('a node that its core does not know any more', () => {
  const lab = useLab({ hosts: 2 });
  needsMachines(lab);
  let core: Host;
  let data: Host;

  before('a core and a node with rows in its databases', async () => {
    [core, data] = lab.hosts as [Host, Host];
    await coreOn(core);
    await dataNode(data, core);
    await settled(core);
  });

  const line = () => `kato node attach ${core.address}`;
  const env = async () => ({ KATO_TOKEN: await tokenFrom(core) });

  it('because it was removed while it was off, joins anew with its data by attach alone', async () => {
    await typed(data, 'kato node halt');
    await typed(core, `kato node remove --skip-detach ${data.name}`);
    const { exitCode, stderr } = await type(data, line(), { env: await env() });
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /note: node h2 was removed from the cluster: it joins again/);
    await settled(core);
    await assertData(data, core);
  });

  it('because another cluster is there, loses nothing without a yes, and then has it set aside', async () => {
    await typed(data, 'kato node halt');
    const before = await treeOf(data);
    await typed(
      core,
      'kato node halt && rm -rf /var/lib/kato && kato node setup core api.example.org',
    );
    const given = await env();
    const asked = await refused(data, `${line()} -e redis`, { env: given });
    assert.deepEqual([asked.code, asked.exitCode], ['USAGE', 2]);
    assert.match(asked.message, /^this machine is node h2 of the cluster that was at /);
    hint(
      asked.next,
      'operations/local/carried.ts: with --yes it is attached as a new node: what it has goes to /var/lib/kato/aside',
    );
    await assertTree(data, before);
    const { stderr } = await type(data, `${line()} -e redis --yes`, { env: given });
    const [, aside] = /what the machine had is in (\S+)/.exec(stderr)!;
    await typed(data, `ls ${aside}/data/postgresql/PG_VERSION ${aside}/state/identity.json`);
    assert.deepEqual(rolesOf(await nodeOn(data, core)), ['base', 'redis']);
  });
});
