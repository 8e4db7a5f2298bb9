import assert from 'node:assert/strict';
import {
  assertClean,
  coreOn,
  nodeOn,
  ownAddress,
  refused,
  rolesOf,
  settled,
  statusOf,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import type { Result } from '../support/lab/command.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';

describe('kato node attach', () => {
  const lab = useLab({ hosts: 4 });
  let core: Host;
  let node: Host;
  let free: Host;
  let other: Host;

  before('a core, and one of another cluster', async () => {
    [core, node, free, other] = lab.hosts as [Host, Host, Host, Host];
    await Promise.all([coreOn(core), coreOn(other, 'api.example.org')]);
  });

  const attach = (host: Host, token: string, words: string): Promise<Result> =>
    type(host, `kato node attach${ownAddress(host)} ${words}`, { env: { KATO_TOKEN: token } });

  it('finds the core by the token, and takes lists with commas and with spaces', async () => {
    const token = await tokenFrom(core);
    const { exitCode, stdout, stderr } = await attach(node, token, '-e "redis, memcached"');
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, new RegExp(`attached to api\\.example\\.com at ${core.address}\\n`));
    assert.deepEqual(rolesOf(await nodeOn(node)), ['base', 'memcached', 'redis']);
  });

  it('to another core is a conflict that says what to do', async () => {
    const { code, exitCode, next } = await refused(node, 'kato node attach 10.1.2.3');
    assert.deepEqual([code, exitCode], ['ALREADY_ATTACHED', 4]);
    assert.match(next!, /kato node detach/);
  });

  it('goes to the address that is typed, where the token has another', async () => {
    const token = await tokenFrom(core);
    const { exitCode, stderr } = await attach(free, token, other.address);
    assert.equal(exitCode, 7);
    assert.match(
      stderr,
      new RegExp(`the bus at ${other.address}:4222 does not belong to the cluster`),
    );
  });

  it('refuses a role that the token cannot give before it installs anything', async () => {
    const token = await tokenFrom(core);
    const { exitCode, stderr } = await attach(free, token, '-e controller');
    assert.equal(exitCode, 7, stderr);
    assert.match(stderr, /controller/);
    assert.doesNotMatch(stderr, /==> (packages|join)/);
    await assertClean(free);
  });

  it('needs no token on a node, and says that one is not used', async () => {
    await typed(node, 'kato node attach -e postgresql');
    assert.deepEqual(rolesOf(await nodeOn(node)), ['base', 'memcached', 'postgresql', 'redis']);
    const used = await tokenFrom(core, '--ttl 1s');
    const { exitCode, stdout } = await attach(node, used, '--name other');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^note: the node keeps its name, h2$/m);
    assert.match(
      stdout,
      /note: the token is not used: this machine is already a node of the cluster/,
    );
  });

  it('refuses a node the token of another cluster, while its own can let it go', async () => {
    const env = { KATO_TOKEN: await tokenFrom(other) };
    for (const line of ['kato node attach', `kato node attach ${other.address}`]) {
      const { code, next } = await refused(node, line, { env });
      assert.equal(code, 'ALREADY_ATTACHED', line);
      assert.equal(
        next,
        `kato node detach takes it out of there; then kato node attach ${other.address}`,
      );
    }
  });

  it('takes a node whose core is gone for good to another, with what it has set aside', async () => {
    const before = await nodeOn(node);
    await core.powerOff();
    const away = await refused(node, 'kato node detach');
    const { commands } = hint(
      away.next,
      'cli/commands/node/detach.ts: run it again when the core is back; if it is gone for good, kato node attach to another cluster sets aside what this machine has',
    );
    const token = await tokenFrom(other);
    const line = `${commands[0]}${ownAddress(node)} -e redis`;
    const unasked = await refused(node, line, { env: { KATO_TOKEN: token } });
    assert.equal(unasked.exitCode, 2, unasked.message);
    const { text } = hint(
      unasked.next,
      'operations/local/carried.ts: kato node detach takes it out once ${identity.core.address} answers; with --yes it is attached as a new node: what it has goes to /var/lib/kato/aside',
    );
    assert.deepEqual(await nodeIds(node), [before.id]);

    const { exitCode, stderr } = await attach(node, token, `-e redis ${text.match(/--\w+/)}`);
    assert.equal(exitCode, 0, stderr);
    const [, aside] = /what the machine had is in (\S+)/.exec(stderr)!;
    await typed(node, `test -e ${aside}/data/postgresql/PG_VERSION`);
    await settled(other);
    assert.equal((await statusOf(node)).cluster.endpoint, 'api.example.org');
    assert.deepEqual(rolesOf(await nodeOn(node)), ['base', 'redis']);
  });

  /** As the machine itself has it, whoever answers. */
  async function nodeIds(host: Host): Promise<string[]> {
    const text = await host.read('/var/lib/kato/state/identity.json');
    return [(JSON.parse(text) as { nodeId: string }).nodeId];
  }
});
