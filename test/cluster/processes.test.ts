import assert from 'node:assert/strict';
import {
  clusterOf,
  hastenDeath,
  nodeOn,
  refused,
  settled,
  statusWhen,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { kill, pidOf, restarted, runningOn } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const BACK_SECONDS = 5;
const SECONDS = 10;
/** Redis has 30 s to stop, and the kernel 15 s twice: the rest is for a busy machine. */
const HALT_LIMIT_MS = 90_000;

describe('a process that fails', () => {
  const lab = useLab({ hosts: 2 });
  let core: Host;
  let data: Host;

  before(async () => {
    core = lab.host(1);
    data = lab.host(2);
    await clusterOf(core, [[data, 'redis']]);
    await hastenDeath(core);
    await settled(core);
  });

  const running = () => runningOn(lab.hosts);
  const isNew = async (before: Record<string, string>, name: string): Promise<boolean> =>
    restarted(before, await running()).includes(name);
  const stateOfData = async (): Promise<string> => (await nodeOn(data, core)).state;

  const killed: [string, () => Host, string][] = [
    ['an agent', () => data, 'agent'],
    ["the core's agent", () => core, 'agent'],
    ['the bus', () => core, 'nats-server'],
    ['the master of nginx', () => core, 'router'],
    ['the controller', () => core, 'controller'],
    ['redis', () => data, 'redis'],
  ];
  for (const [what, host, process] of killed) {
    it(`${what}, killed, is back, and nothing else restarts`, async () => {
      const before = await running();
      await kill(host(), process);
      const name = `${host().name} ${process}`;
      await until(async () => (await pidOf(host(), process)) > 0 && (await isNew(before, name)), {
        what: `${name} is another process`,
        seconds: BACK_SECONDS,
      });
      await settled(core, SECONDS);
      assert.deepEqual(restarted(before, await running()), [name]);
    });
  }

  it('a frozen agent: its node is inactive, then dead, and what it runs goes on', async () => {
    const before = await running();
    const agent = await pidOf(data, 'agent');
    await data.freeze(agent);
    for (const state of ['inactive', 'dead']) {
      await until(async () => (await stateOfData()) === state, {
        what: `the node is ${state}`,
        seconds: SECONDS,
      });
    }
    assert.deepEqual(restarted(before, await running()), []);
    await data.thaw(agent);
    await settled(core, SECONDS);
    assert.deepEqual(restarted(before, await running()), []);
  });

  it('one that is stopped while it starts, again and again: nothing else ends with it', async () => {
    const before = await running();
    const folder = '/var/lib/kato/service/redis';
    const once = (ms: number) => `s6-svc -u ${folder}; sleep ${ms / 1000}; s6-svc -d ${folder}`;
    const moments = Array.from({ length: 40 }, (_, i) => once(i));
    await typed(data, `${moments.join('; ')}; s6-svc -wD -T 20000 -d ${folder}`);
    await typed(data, `s6-svc -wU -T 20000 -u ${folder}`);
    await settled(core, SECONDS);
    const others = restarted(before, await running()).filter((name) => name !== 'h2 redis');
    assert.deepEqual(others, []);
  });

  it('one whose record names process 1: its end is not that of the machine', async () => {
    const before = await running();
    await typed(data, 'echo 1 >/run/kato/locks/redis.group');
    await kill(data, 'redis');
    await until(() => isNew(before, 'h2 redis'), { what: 'redis runs again', seconds: SECONDS });
    await settled(core, SECONDS);
    assert.deepEqual(restarted(before, await running()), ['h2 redis']);
  });

  it('a supervisor, killed: its process runs again, and only once', async () => {
    const before = await running();
    const { outerPid } = data
      .processes()
      .find(({ argv }) => argv.join(' ') === 's6-supervise redis')!;
    globalThis.process.kill(outerPid, 'SIGKILL');
    await until(() => isNew(before, 'h2 redis'), {
      what: 'redis has a new life',
      seconds: SECONDS,
    });
    await settled(core, SECONDS);
    assert.deepEqual(restarted(before, await running()), ['h2 redis']);
    assert.equal(data.processes().filter(({ name }) => name === 'redis-server').length, 1);
  });

  it('a supervisor that hangs: the halt of its node ends in time and names it, and the next is done', async function () {
    this.timeout(2 * HALT_LIMIT_MS);
    const redis = await pidOf(data, 'redis');
    const supervisor = Number(await typed(data, `ps -o ppid= -p ${redis}`));
    await data.freeze(supervisor);
    const halt = await refused(data, 'kato node halt', { timeoutMs: HALT_LIMIT_MS });
    assert.deepEqual([halt.code, halt.exitCode], ['TIMEOUT', 6]);
    assert.match(halt.message, new RegExp(`^not ended: redis \\(pid ${redis}, `));
    const { text } = hint(
      halt.next,
      'machine/s6/shutdown.ts: ps -eo pid,stat,wchan:30,args shows what it waits for; then kato node halt again',
    );
    const [ps, again] = text.split(/ shows what it waits for; then | again$/) as [string, string];
    assert.match(
      await typed(data, ps),
      new RegExp(`^ *${supervisor} T.* s6-supervise redis$`, 'm'),
    );
    await data.thaw(supervisor);
    await typed(data, again);
    await typed(data, 'kato node boot');
    await settled(core);
  });

  it('an agent killed in the middle of a pass: the next one does the rest', async () => {
    await typed(core, `kato role add --no-wait -n ${data.name} postgresql`);
    await until(() => data.processes().some(({ name }) => name === 'initdb'), {
      what: 'a database is being made',
      seconds: SECONDS,
    });
    await kill(data, 'agent');
    await statusWhen(core, 'postgresql runs', ({ nodes }) =>
      nodes.some(({ roles }) =>
        roles.some(({ name, state }) => name === 'postgresql' && state === 'running'),
      ),
    );
    await settled(core);
    const password = await typed(core, `kato role info --secret postgresql -n ${data.name}`);
    const answer = await typed(core, `psql -h ${data.address} -U postgres -tc 'select 40 + 2'`, {
      env: { PGPASSWORD: password.trim() },
    });
    assert.equal(answer.trim(), '42');
  });
});
