import assert from 'node:assert/strict';
import { clusterOf, ENDPOINT, settled, type, typed } from '../support/cluster.ts';
import { interrupted } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { pidOf, runningOn } from '../support/running.ts';
import { until } from '../support/until.ts';

const STRANGER = 'setpriv --reuid=nobody --regid=nogroup --clear-groups';
/** What kato writes is newer than this. */
const BEFORE = '/root/before';
/** What it writes in /etc is for all to read: users, names, a unit of systemd. */
const PLACES = '/opt /run /srv /tmp /usr/local /var';
const env = { KATO_PASSPHRASE: 'correct horse battery' };

/**
 * All that a stranger may open. Nobody waits for a lock on any of it, and none of it is secret: a
 * process id, an id of this boot, kato's own code as compiled, the system's lists of packages.
 */
const OPEN = [
  /^\/run\/kato\/(boot-id|(router|load_balancer)\.pid)$/,
  /^\/var\/cache\/kato\/v\d/,
  /^\/var\/((lib|cache)\/(apt|dpkg|debconf)|log\/(apt|dpkg\.log))/,
];

describe('a stranger on a node', () => {
  const lab = useLab({ hosts: 4 });
  let core: Host;
  let node: Host;
  let balancer: Host;
  let nobody: Host;

  before(async () => {
    [core, node, balancer, nobody] = lab.hosts as [Host, Host, Host, Host];
    for (const host of lab.hosts) await typed(host, `touch ${BEFORE}`);
    await clusterOf(core, [
      [node, 'data-services,router'],
      [balancer, ''],
    ]);
    await typed(balancer, 'kato node setup load_balancer');
    await settled(core);
    await keepAll();
  });

  /** All else that kato keeps: exports, what was before an import, and the draft of a setup. */
  async function keepAll(): Promise<void> {
    const file = '/root/cluster.kato';
    await typed(core, `kato data keep ${balancer.name}`, { env });
    await typed(core, `kato data export --cluster ${file} && kato data import ${file}`, { env });
    const kept = () => type(balancer, 'test -s /var/lib/kato/export/cluster.kato');
    await until(async () => (await kept()).exitCode === 0, { what: 'it is kept', seconds: 30 });
    const setup = { argv: ['kato', 'node', 'setup', 'core', ENDPOINT] };
    await interrupted(nobody, 'ledger', 'SIGKILL', setup);
    await typed(nobody, 'ls /var/lib/kato/state/setup.json');
    await typed(core, 'ls /var/lib/kato/aside/*-before-import.kato');
  }

  const found = async (host: Host, what: string): Promise<string[]> => {
    const line = `${STRANGER} find ${PLACES} -newer ${BEFORE} ${what} 2>/dev/null`;
    return (await type(host, line)).stdout.split('\n').filter(Boolean);
  };

  it('opens nothing that somebody locks or that is secret, and writes nothing', async () => {
    for (const host of lab.hosts) {
      await typed(host, `chmod 755 /root && ls ${BEFORE}`);
      const openable = await found(host, '! -type d ! -type l \\( -readable -o -writable \\)');
      const own = openable.filter((path) => /kato/.test(path));
      assert.ok(own.length > 0 || host === nobody, 'the walk finds what is open');
      assert.deepEqual(
        openable.filter((path) => !OPEN.some((pattern) => pattern.test(path))),
        [],
        host.name,
      );
      const writable = (await found(host, '-writable ! -type l')).filter((path) =>
        /kato/.test(path),
      );
      assert.deepEqual(writable, [], host.name);
      const inEtc = `${STRANGER} find /etc -newer ${BEFORE} ! -type l -writable`;
      assert.equal((await type(host, inEtc)).stdout, '', host.name);
    }
  });

  it('stops no process by a lock, neither one that runs nor one that is to start', async () => {
    const locks = '/run/kato/locks';
    const tries = ['redis', 'agent', 'boot', 'packages'].map((name) => `${locks}/${name}.lock`);
    tries.push('/var/lib/kato/service/redis/supervise/lock', '/var/log/kato/redis/lock');
    for (const file of tries) {
      const { exitCode, stderr } = await type(node, `${STRANGER} flock -sn ${file} true`);
      assert.notEqual(exitCode, 0, file);
      assert.match(stderr, /Permission denied/, file);
    }
    await core.kato('restart', '-n', node.name, 'redis');
  });

  it('loses what 0.1.0 left open as soon as the agent is a newer one; nothing restarts', async () => {
    const before = await runningOn([node]);
    const locks = '/run/kato/locks';
    // As 0.1.0 had it: open, and the locks of what runs beside the sockets.
    await typed(node, 'chmod 755 /var/lib/kato/service /var/log/kato');
    await typed(
      node,
      `cd ${locks} && chmod 644 * && mv *.lock *.group .. && rm -f ../boot.lock && ` +
        `sed -i 's,/run/kato/locks,/run/kato,g' /var/lib/kato/service/*/run /var/lib/kato/service/*/survivors`,
    );
    await typed(node, 's6-svc -r /var/lib/kato/service/agent');
    const moved = `ls ${locks}/agent.lock ${locks}/redis.lock && ! ls /run/kato/redis.lock`;
    await until(async () => (await type(node, moved)).exitCode === 0, {
      what: 'the locks are where they belong',
      seconds: 20,
    });
    await settled(core);
    const modes = `stat -c %a ${locks} /var/lib/kato/service /var/log/kato`;
    assert.equal(await typed(node, modes), '700\n700\n700\n');
    assert.deepEqual(await found(node, "-path '/run/kato/*.lock' -readable"), []);
    const after = await runningOn([node]);
    delete before[`${node.name} agent`];
    delete after[`${node.name} agent`];
    assert.deepEqual(after, before);
    // The lock that redis holds since before is the one that counts.
    const held = await type(node, `s6-setlock -n ${locks}/redis.lock true`);
    assert.notEqual(held.exitCode, 0);
    assert.ok((await pidOf(node, 'redis')) > 0);
  });
});
