import assert from 'node:assert/strict';
import { clusterOf, settled, type, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';

const STATE = '/var/lib/kato/state';
/** Where kato writes, and where nobody should find anything of it. */
const PLACES = '/var/lib/kato /var/log /var/cache/kato /run /etc /tmp';
const LOGS = '/var/log/kato';
const as = (user: string, line: string) =>
  `setpriv --reuid=${user} --regid=nogroup --init-groups sh -c '${line}'`;
/** All that the guide says, but for `check`, which has exit codes of its own. */
const LOOKS = [
  ...['status', 'node list', 'info', 'process list', 'route list'],
  ...['config get', 'history'],
];

describe('what is secret', () => {
  const lab = useLab({ hosts: 2 });
  needsMachines(lab);
  const [core, node] = [() => lab.host(1), () => lab.host(2)];
  const secrets = new Map<string, string>();

  before('a core and a node with data services', async () => {
    const tokens = await typed(core(), 'kato node setup core api.example.com');
    await clusterOf(core(), [[node(), 'data-services']]);
    await settled(core());
    for (const host of lab.hosts) {
      const { seed } = JSON.parse(await host.read(`${STATE}/identity.json`)) as { seed: string };
      const kept = JSON.parse(await host.read(`${STATE}/secrets.json`)) as Record<string, string>;
      secrets.set(`seed of ${host.name}`, seed);
      for (const [name, secret] of Object.entries(kept)) secrets.set(name, words(secret));
    }
    const printed = tokens.matchAll(/(?<what>\S+)\n +KATO_TOKEN=(?<token>\S+)/g);
    for (const { groups } of printed) secrets.set(`token of ${groups!.what}`, groups!.token!);
    assert.ok(secrets.size >= 11, [...secrets.keys()].join());
  });

  /** Which of them a user finds in the files of a host. */
  async function seenBy(user: string, host: Host, places = PLACES): Promise<string[]> {
    const input = [...secrets.values()].join('\n');
    const search = `grep -rhosF -f - ${places} | sort -u`;
    const { stdout } = await type(host, as(user, search), { input });
    return stdout.split('\n').filter(Boolean);
  }

  it('is not to be read by other users, nor in what runs', async () => {
    for (const host of lab.hosts) {
      assert.deepEqual(await seenBy('nobody', host), []);
      assert.notDeepEqual(await seenBy('root', host), []);
      const argvs = host.processes().map(({ argv }) => argv.join(' '));
      for (const [name, secret] of secrets) {
        assert.ok(!argvs.some((argv) => argv.includes(secret)), name);
      }
    }
  });

  it('is in no log, which root alone may read', async () => {
    for (const host of lab.hosts) {
      await typed(host, `grep -q . ${LOGS}/agent/current`);
      assert.deepEqual(await seenBy('root', host, LOGS), []);
      assert.notEqual((await type(host, as('nobody', `ls ${LOGS}/agent`))).exitCode, 0);
    }
  });

  it('is on a node that needs it, and on no other', async () => {
    const own = JSON.parse(await node().read(`${STATE}/secrets.json`)) as object;
    const names = Object.keys(own).filter((name) => name !== '.sha256');
    assert.deepEqual(names.sort(), ['postgresql/password', 'redis/password']);
  });

  it('is not in the history, nor on the disk of the bus', async () => {
    const history = await typed(core(), 'kato history --json');
    for (const [name, secret] of secrets) {
      assert.ok(!history.includes(secret), name);
      const { exitCode } = await type(core(), 'grep -rqF -f - /var/lib/kato/data/nats-server', {
        input: secret,
      });
      assert.equal(exitCode, 1, name);
    }
  });

  it('members of the group kato look, and do no more; others do not even look', async () => {
    await typed(core(), 'useradd --system --groups kato viewer');
    const look = async (user: string, line: string) =>
      (await type(core(), as(user, `${line} 2>/dev/null`))).exitCode;
    for (const words of LOOKS) {
      const line = `kato ${words}`;
      assert.deepEqual([await look('viewer', line), await look('nobody', line)], [0, 7], line);
    }
    const check = 'kato check --format nagios';
    assert.deepEqual([await look('viewer', check), await look('nobody', check)], [0, 3]);
    for (const line of ['kato token create', 'kato role add redis', 'kato config del redis port']) {
      assert.equal(await look('viewer', line), 7, line);
    }
    const secret = 'kato role info --secret redis -n h2';
    assert.deepEqual([await look('viewer', secret), await look('root', secret)], [7, 0]);
  });
});

/** Of a key or certificate file, one line that nothing else has. */
function words(secret: string): string {
  return secret.trim().split('\n')[1] ?? secret;
}
