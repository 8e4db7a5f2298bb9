import assert from 'node:assert/strict';
import { openState } from '../../src/operations/export-file.ts';
import {
  asJson,
  clusterOf,
  refused,
  settled,
  statusOf,
  statusWhen,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { kill, restarted, runningOn } from '../support/running.ts';
import { until } from '../support/until.ts';

const KEPT = '/var/lib/kato/export/cluster.kato';
const COPY = '/root/cluster.kato';
const env = { KATO_PASSPHRASE: 'correct horse battery' };

describe('a node that keeps an export', () => {
  const lab = useLab({ hosts: 3 });
  let core: Host;
  let router: Host;
  let keeper: Host;
  let first: string;

  before(async () => {
    [core, router, keeper] = lab.hosts as [Host, Host, Host];
    await clusterOf(core, [
      [router, 'router'],
      [keeper, 'redis'],
    ]);
    await settled(core);
  });

  const route = (name: string): Promise<string> =>
    typed(core, `kato route add ${name}.example.com ${keeper.address}:8080`);
  const routes = async (): Promise<string[]> => {
    const list = await asJson<{ route: string }[]>(core, 'kato route list');
    return list.map((one) => one.route.replace('.example.com', '')).sort();
  };
  const warned = async (): Promise<string[]> => {
    const { warnings } = await statusOf(core);
    return warnings.filter(({ code }) => code === 'EXPORT_LATE').map(({ message }) => message);
  };
  const loseCore = async (): Promise<void> => {
    await typed(core, 'rm -rf /var/lib/kato');
    await core.powerOff();
    await core.powerOn();
  };
  const recover = async (content: string): Promise<void> => {
    await core.write(COPY, content);
    await typed(core, `kato node setup core --recover-from ${COPY}`, { env });
    await settled(core);
  };

  it('is any but the core, and needs a passphrase', async () => {
    const codeOf = async (line: string): Promise<string> =>
      (await refused(core, line, { env })).code;
    assert.equal(await codeOf(`kato config set cluster export.node ${keeper.name}`), 'CONFLICT');
    assert.equal(await codeOf(`kato data keep ${core.name}`), 'CONFLICT');
    assert.equal(await codeOf('kato data keep h9'), 'UNKNOWN_NODE');
    assert.equal(await codeOf(`kato data keep ${keeper.name} --every 1s`), 'BAD_VALUE');
    const short = await refused(core, `kato data keep ${keeper.name}`, {
      env: { KATO_PASSPHRASE: 'short' },
    });
    assert.equal(short.code, 'BAD_VALUE');
    const plain = await refused(keeper, `kato data keep ${keeper.name}`, { env });
    assert.equal(plain.code, 'NOT_ALLOWED');
    assert.deepEqual(await warned(), []);
  });

  it('has it when the command is done, sealed', async () => {
    await route('first');
    await typed(core, `kato data keep ${keeper.name} --every 1m`, { env });
    first = await keeper.read(KEPT);
    assert.doesNotMatch(first, /example\.com/);
    assert.match(await typed(keeper, `stat -c %a ${KEPT}`), /^600$/m);
    assert.equal(await typed(core, 'kato config get cluster export.interval'), '60\n');
    assert.deepEqual(await warned(), []);
    const history = await asJson<{ operation: string; params: object }[]>(core, 'kato history');
    const { params } = history.findLast(({ operation }) => operation === 'state.keep')!;
    assert.deepEqual(params, { node: keeper.name, intervalSeconds: 60 });
  });

  it('fetches what is new, also after it was started anew', async () => {
    await route('second');
    await kill(keeper, 'agent');
    await until(async () => (await keeper.read(KEPT)) !== first, {
      what: 'a newer export',
      seconds: 20,
    });
  });

  it('brings back a core whose disk is lost, with the passphrase alone, and goes on keeping', async () => {
    const kept = await keeper.read(KEPT);
    const before = await runningOn([router, keeper]);
    await loseCore();
    await recover(kept);
    assert.deepEqual(await routes(), ['first', 'second']);
    assert.deepEqual(restarted(before, await runningOn([router, keeper])), []);
    assert.deepEqual(await warned(), []);
    await kill(keeper, 'agent');
    await until(async () => (await keeper.read(KEPT)) !== kept, {
      what: 'an export of the recovered cluster',
      seconds: 20,
    });
  });

  it('lets nodes accept an export from before a recovery that they have seen', async () => {
    await route('third');
    await loseCore();
    await recover(first);
    assert.deepEqual(await routes(), ['first']);
    const { nodes } = await statusOf(router);
    assert.ok(nodes.every(({ state }) => state === 'active'));
    await route('fourth');
    await settled(core);
  });

  it('gets a new passphrase when it is told to keep again: what it has then opens with that alone', async () => {
    const other = 'another horse';
    const again = { env: { KATO_PASSPHRASE: other } };
    await typed(core, `kato data keep ${keeper.name} --every 1m`, again);
    const kept = await keeper.read(KEPT);
    assert.equal((await openState(kept, other)).cluster.endpoint, 'api.example.com');
    await assert.rejects(openState(kept, env.KATO_PASSPHRASE), { code: 'BAD_FILE' });
  });

  it('is missed when it is gone', async () => {
    await keeper.powerOff();
    await statusWhen(core, 'the keeper is missed', ({ warnings }) =>
      warnings.some(({ code }) => code === 'EXPORT_LATE'),
    );
    await keeper.powerOn();
    await settled(core);
    await typed(keeper, 'kato node detach');
    assert.match((await warned()).join(), /no node keeps an export/);
    assert.match(await typed(core, 'kato check || true'), /export.*no node keeps an export/);

    await typed(core, `kato config set cluster export.node ${router.name}`);
    assert.match(await router.read(KEPT), /^kato-export/);
    assert.equal(await typed(core, 'kato config del cluster export.node'), '""\n');
    assert.deepEqual(await warned(), []);
  });
});
