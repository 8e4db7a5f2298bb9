import assert from 'node:assert/strict';
import type { ErrorRecord } from '../../src/domain/base/error-codes.ts';
import {
  clusterOf,
  ENDPOINT,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { interrupted } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { AWAY } from '../support/memory.ts';
import { pidOf, restarted, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const STATE = '/var/lib/kato/state';
const RESTART_AGENT = 's6-svc -r /var/lib/kato/service/agent';
const SECONDS = 20;

describe('what a node has on its disk is damaged', () => {
  const lab = useLab({ hosts: 2 });
  let core: Host;
  let node: Host;
  before(async () => {
    [core, node] = lab.hosts as [Host, Host];
    await clusterOf(core, [[node, 'redis']]);
    await settled(core);
  });

  const whole = (host: Host) =>
    until(async () => (await type(host, `ls ${STATE}/ledger.json`)).exitCode === 0, {
      what: 'the ledger is fetched anew',
      seconds: SECONDS,
    });
  const flip = (host: Host, file: string) => typed(host, `sed -i '0,/1/s/1/3/' ${STATE}/${file}`);
  const spared = async (host: Host, damage: () => Promise<unknown>): Promise<void> => {
    const before = await runningOn([host]);
    await damage();
    assert.deepEqual(restarted(before, await runningOn([host])), [`${host.name} agent`]);
  };
  const statusError = async (host: Host): Promise<ErrorRecord> => {
    const { stdout } = await type(host, 'kato status --json');
    return (JSON.parse(stdout) as { error: ErrorRecord }).error;
  };

  it('its ledger: it is moved aside and fetched anew, on a node and on the core', async () => {
    for (const host of [node, core]) {
      await spared(host, async () => {
        await flip(host, 'ledger.json');
        const damaged = await host.read(`${STATE}/ledger.json`);
        await typed(host, RESTART_AGENT);
        await until(async () => (await host.read(`${STATE}/ledger.json.damaged-1`)) === damaged, {
          what: 'it is kept aside',
          seconds: SECONDS,
        });
        await whole(host);
        await settled(core);
      });
    }
  });

  it('and the core is away: its status says what is damaged and what helps; what runs goes on', async () => {
    let recover = '';
    await core.powerOff();
    await spared(node, async () => {
      await flip(node, 'secrets.json');
      await typed(node, RESTART_AGENT);
      await until(async () => /forgotten/.test((await statusError(node))?.message ?? ''), {
        what: 'the status says so',
        seconds: SECONDS,
      });
      assert.equal((await type(node, 'kato status')).exitCode, AWAY);
      const { why, next } = await statusError(node);
      assert.match(why!, /secrets\.json is damaged, and is kept in .*secrets\.json\.damaged-1$/);
      const { commands } = hint(
        next,
        'agent/doors/last-status.ts: it is fetched again when a controller answers; what runs keeps running. If the bus has lost its data, too: kato node setup core --recover-from FILE, on the core',
      );
      recover = commands[0]!.replace('FILE', `${STATE}/ledger.json`);
    });
    const redis = await pidOf(node, 'redis');
    await core.powerOn();
    await settled(core);
    assert.equal(await pidOf(node, 'redis'), redis);
    await typed(core, `kato node halt && rm -r /var/lib/kato/data/nats-server && ${recover}`);
    await settled(core);
    assert.equal(await pidOf(node, 'redis'), redis);
  });

  it('its identity: its status says how to go on, and that helps on a node', async () => {
    await typed(node, `truncate -s 40 ${STATE}/identity.json && ${RESTART_AGENT}`);
    await until(async () => (await statusError(node))?.code === 'BAD_FILE', {
      what: 'the status says so',
      seconds: SECONDS,
    });
    const { next = '' } = await statusError(node);
    const { text, commands } = hint(
      next,
      "machine/node/ledger.ts: kato node halt; mv ${file} ${file}.damaged; then kato node attach -e ROLES CORE_IP with a new token, in the node's place",
    );
    await typed(node, text.slice(0, text.indexOf('; then')));
    const attach = commands[1]!.replace('ROLES', 'redis').replace('CORE_IP', core.address);
    const env = { KATO_TOKEN: await tokenFrom(core) };
    await until(async () => (await type(node, attach, { env })).exitCode === 0, {
      what: 'it is attached, once the node that it was is dead',
      seconds: SECONDS * 2,
    });
    await settled(core);
    assert.deepEqual(rolesOf(await nodeOn(node, core)), ['base', 'redis']);
  });

  it('its identity: its status says how to go on, and that helps on the core', async () => {
    await typed(core, `truncate -s 40 ${STATE}/identity.json && ${RESTART_AGENT}`);
    await until(async () => (await statusError(core))?.code === 'BAD_FILE', {
      what: 'the status says so',
      seconds: SECONDS,
    });
    const { next = '' } = await statusError(core);
    const { text } = hint(
      next,
      'machine/node/ledger.ts: kato node halt; mv ${file} ${file}.damaged; then kato node setup core --recover-from ${paths.ledger}',
    );
    await typed(core, `set -e; ${text.replace('; then', ';')}`);
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 2);
  });
});

describe('a node whose disk is full when its agent starts', () => {
  const lab = useLab({ hosts: 2 });

  it('says so to the cluster, though it can keep nothing of what that wants now', async () => {
    const [core, node] = lab.hosts as [Host, Host];
    await clusterOf(core, [[node, 'redis']]);
    await settled(core);
    await typed(
      node,
      `cp -a ${STATE} /root/state && mount -t tmpfs -o size=512k tmpfs ${STATE} && ` +
        `cp -a /root/state/. ${STATE} && (cat /dev/zero >${STATE}/full 2>/dev/null || true)`,
    );
    await typed(node, 's6-svc -wD -T 10000 -d /var/lib/kato/service/agent');
    await typed(core, 'kato config set --no-wait redis max_memory 100m');
    await typed(node, 's6-svc -u /var/lib/kato/service/agent');
    const what = 'the core tells that the node cannot keep what it is told';
    const { warnings } = await statusWhen(core, what, (status) =>
      status.warnings.some(({ message }) => /^h2: keep-ledger agent failed/.test(message)),
    );
    assert.ok(warnings.every(({ code }) => code === 'STEP_FAILED'));
    await typed(node, `rm ${STATE}/full`);
    await settled(core);
    assert.equal((await typed(core, 'kato config get redis max_memory')).trim(), '100m');
    await typed(
      node,
      `cp -a ${STATE}/. /root/state && umount ${STATE} && cp -a /root/state/. ${STATE}`,
    );
  });
});

describe('a core whose setup was interrupted, and whose draft is damaged', () => {
  const lab = useLab({ hosts: 1 });

  it('goes on from its ledger, as the setup says', async () => {
    const core = lab.host(1);
    const argv = ['kato', 'node', 'setup', 'core', ENDPOINT];
    await interrupted(core, 'state', 'SIGKILL', { argv });
    await typed(core, `sed -i 's/"cluster"/"clouster"/' ${STATE}/setup.json`);
    const { next } = await refused(core, argv.join(' '));
    const { commands } = hint(
      next,
      'operations/local/setup-core.ts: if kato status shows no cluster now, kato node setup core --recover-from ${host.paths.ledger} goes on',
    );
    const [status, recover] = commands;
    assert.notEqual((await type(core, status!)).exitCode, 0);
    assert.match(await typed(core, recover!), new RegExp(`is the core of ${ENDPOINT}`));
    await settled(core);
  });
});
