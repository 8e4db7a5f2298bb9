import assert from 'node:assert/strict';
import {
  asJson,
  assertClean,
  attach,
  coreOn,
  hastenDeath,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusOf,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { assertData, dataNode, readdress } from '../support/identities.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

/** 5 s on a quiet machine; other tests run beside these. */
const PROMISED_MS = 20_000;

interface Token {
  id: string;
  state: string;
  usesLeft: number;
}

describe('a join token', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);
  const tokens = () => asJson<Token[]>(host(1), 'kato token list');

  /** Asks to attach h2 with a token; it must be refused, and leave h2 as it was. */
  async function refusedWith(token: string, flags = '') {
    const line = `kato node attach ${flags} ${host(1).address}`;
    const { code, exitCode, message, next } = await refused(host(2), line, {
      env: { KATO_TOKEN: token },
    });
    await assertClean(host(2));
    assert.doesNotMatch(message + next, new RegExp(token.slice(-40) || '^$'));
    return { code, exitCode, next: next ?? '' };
  }

  before('a core', () => coreOn(host(1)));

  it('is needed', async () => {
    const none = await refusedWith('');
    assert.deepEqual([none.code, none.exitCode], ['USAGE', 2]);
    assert.match(none.next, /kato token create/);
  });

  it('is told from other words, and from one with a letter changed', async () => {
    const token = await tokenFrom(host(1));
    const changed = `${token.slice(0, 60)}${token[60] === 'x' ? 'y' : 'x'}${token.slice(61)}`;
    for (const wrong of ['hello', token.slice(0, -3), changed]) {
      const { code, exitCode } = await refusedWith(wrong);
      assert.deepEqual([code, exitCode], ['TOKEN_MALFORMED', 2]);
    }
  });

  it('ends with its time', async () => {
    const token = await tokenFrom(host(1), '--ttl 1s');
    await until(async () => (await tokens()).some(({ state }) => state === 'expired'), {
      what: 'it has expired',
      seconds: 10,
    });
    const { code, exitCode } = await refusedWith(token);
    assert.deepEqual([code, exitCode], ['TOKEN_EXPIRED', 7]);
  });

  it('ends when it is revoked', async () => {
    const { id, token } = await asJson<Token & { token: string }>(host(1), 'kato token create');
    await typed(host(1), `kato token revoke ${id}`);
    assert.match(await typed(host(1), `kato token revoke ${id}`), /already/);
    const { code, exitCode } = await refusedWith(token);
    assert.deepEqual([code, exitCode], ['TOKEN_REVOKED', 7]);
    assert.equal((await tokens()).find((one) => one.id === id)?.state, 'revoked');
  });

  it('comes with a line that attaches with the roles it allows', async () => {
    const line = 'kato token create --roles router,load_balancer';
    const { attach: printed } = await asJson<{ attach: string }>(host(1), line);
    await typed(host(2), printed);
    assert.deepEqual(rolesOf(await nodeOn(host(2))), ['base', 'router']);
    await typed(host(2), 'kato node setup load_balancer');
    await host(2).kato('node', 'detach');
  });

  it('allows the roles it was made for', async () => {
    const token = await tokenFrom(host(1), '--roles router');
    const { code, exitCode, next } = await refusedWith(token, '-e redis');
    assert.deepEqual([code, exitCode], ['TOKEN_ROLE', 7]);
    assert.match(next, /kato token create --roles redis/);
    await attach(host(2), host(1), 'router', token);
    const added = await refused(host(2), 'kato role add redis');
    assert.deepEqual([added.code, added.exitCode], ['NOT_ALLOWED', 7]);
    await typed(host(1), 'kato role add -n h2 redis');
    assert.equal((await nodeOn(host(2))).roles.length, 3);
  });

  it('is good for the number of machines it was made for, and a refusal uses none up', async () => {
    const { id, token } = await asJson<Token & { token: string }>(host(1), 'kato token create');
    const wrong = await type(host(3), `kato node attach -e nothing ${host(1).address}`, {
      env: { KATO_TOKEN: token },
    });
    assert.equal(wrong.exitCode, 3);
    await attach(host(3), host(1), '', token);
    assert.equal((await tokens()).find((one) => one.id === id)?.state, 'used');
    await host(2).kato('node', 'detach');
    const { code, exitCode } = await refusedWith(token);
    assert.deepEqual([code, exitCode], ['TOKEN_USED', 7]);
    await host(3).kato('node', 'detach');
  });

  it('is judged before anything is installed, and not used up by that', async () => {
    // What is tried here to be installed cannot be had.
    const forget = 'dpkg --purge memcached && rm -r /etc/apt/sources.list* /var/lib/apt/lists/*';
    await typed(host(2), forget);
    const limited = await refusedWith(await tokenFrom(host(1), '--roles redis'), '-e memcached');
    assert.deepEqual([limited.code, limited.exitCode], ['TOKEN_ROLE', 7]);
    const { id, token } = await asJson<Token & { token: string }>(host(1), 'kato token create');
    const wanted = await refusedWith(token, '-e memcached');
    assert.deepEqual([wanted.code, wanted.exitCode], ['PACKAGE_MISSING', 1]);
    assert.equal((await tokens()).find((one) => one.id === id)?.usesLeft, 1);
    assert.equal((await statusOf(host(1))).nodes.length, 1);
  });

  it('of another cluster leads nowhere, and its secret is not sent there', async () => {
    await coreOn(host(3), 'api.other.example.com');
    const foreign = await tokenFrom(host(3));
    const { code, exitCode } = await refusedWith(foreign);
    assert.deepEqual([code, exitCode], ['TOKEN_OTHER_CLUSTER', 7]);
    assert.equal((await statusOf(host(3))).nodes.length, 1);
  });

  it('is taken from a file, and not shown again', async () => {
    const token = await tokenFrom(host(1));
    await host(2).write('/root/token', `${token}\n`, '600');
    const said = await typed(
      host(2),
      `kato node attach --token-file /root/token ${host(1).address}`,
    );
    assert.ok(!said.includes(token));
    const shown = await typed(
      host(1),
      'kato token list; kato history --json; cat /var/log/kato/*/current',
    );
    assert.ok(!shown.includes(token.slice(-30)));
    await host(2).kato('node', 'detach');
  });

  it('is of no use where no core is: each cause has its own words, soon', async () => {
    const env = { KATO_TOKEN: await tokenFrom(host(1)) };
    const at = async (address: string) => {
      const line = `kato node attach ${address}`;
      const { code, exitCode, message } = await refused(host(2), line, {
        env,
        timeoutMs: PROMISED_MS,
      });
      await assertClean(host(2));
      return [code, exitCode, message];
    };
    const port = 4222;
    const nobody = lab.host(1).address.replace(/\.1$/, '.99');
    assert.deepEqual(await at(nobody), [
      'CORE_UNREACHABLE',
      5,
      `${nobody}:${port} cannot be reached`,
    ]);
    const self = host(2).address;
    assert.deepEqual(await at(self), ['CORE_UNREACHABLE', 5, `nothing listens at ${self}:${port}`]);
    for (const does of LISTENERS) {
      const script = `require('node:net').createServer((s) => {${does}}).listen(${port}, () => console.log('up'))`;
      const listener = host(2).spawn([process.execPath, '-e', script]);
      await until(() => listener.stdout === 'up\n', { what: 'it listens', seconds: 5 });
      const [code, exitCode, message] = await at(self);
      assert.deepEqual([code, exitCode], ['NOT_A_BUS', 5]);
      assert.equal(message, `what listens at ${self}:${port} is not this cluster's bus`);
      await listener.kill();
    }
  });

  it('does not wait long for a core that is cut off', async function () {
    if (lab.kind === 'plain') this.skip();
    const env = { KATO_TOKEN: await tokenFrom(host(1)) };
    await host(1).cut({ silent: true });
    const line = `kato node attach ${host(1).address}`;
    const { code, exitCode } = await refused(host(2), line, { env, timeoutMs: PROMISED_MS });
    await host(1).heal();
    assert.deepEqual([code, exitCode], ['CORE_UNREACHABLE', 5]);
    await assertClean(host(2));
  });
});

/** What a foreign program at the port of the bus may do with who connects. */
const LISTENERS: readonly string[] = [
  's.end("220 mail\\r\\n")',
  's.on("data", () => s.destroy())',
  '',
];

describe('a token for routers alone, on a machine with the address of a dead node', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);

  it('takes nothing from it: the node is what it was when it is back', async () => {
    const [core, data, stranger] = lab.hosts as [Host, Host, Host];
    await coreOn(core);
    await dataNode(data, core);
    const before = await nodeOn(data, core);
    const token = await tokenFrom(core, '--roles router --uses 2');
    await hastenDeath(core);
    await data.powerOff();
    await statusWhen(core, 'the node is dead', ({ nodes }) =>
      nodes.some(({ id, state }) => id === before.id && state === 'dead'),
    );
    await readdress(stranger, stranger.address, data.address);
    for (const flags of ['-e router', '']) {
      const line = `kato node attach ${flags} ${core.address}`;
      const refusal = await refused(stranger, line, { env: { KATO_TOKEN: token } });
      assert.equal(refusal.code, 'CONFLICT');
      assert.match(refusal.why!, /does not allow all that it has$/);
      await assertClean(stranger);
      assert.deepEqual(rolesOf(await nodeOn(data, core)), rolesOf(before));
    }
    await stranger.powerOff();
    await data.powerOn();
    const { nodes } = await settled(core);
    const after = nodes.map(({ id, name }) => [id, name]);
    assert.deepEqual(after.at(-1), [before.id, before.name]);
    assert.equal(after.length, 2);
    await assertData(data, core);
  });
});
