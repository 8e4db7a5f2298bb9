import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { attach, settled, statusWhen, type, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { attempt, type HostProcess } from '../support/lab/processes.ts';
import { useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const SECONDS = 15;
const OURS = /kato|s6-|nats-server|nginx|redis-server/;
/** The one program that nginx runs several times. */
const WORKER = /^nginx: worker/;

describe('a node that systemd starts', () => {
  const lab = useLab({ hosts: 2, init: 'systemd' });
  let core: Host;
  let data: Host;
  let told: string;

  before(async () => {
    [core, data] = lab.hosts as [Host, Host];
    told = await core.kato('node', 'setup', 'core');
    await attach(data, core, 'redis');
    await redis('set kept yes');
  });

  const redis = async (command: string) => {
    const password = await typed(core, `kato role info --secret redis -n ${data.name}`);
    const env = { REDISCLI_AUTH: password.trim() };
    return typed(core, `redis-cli -h ${data.address} ${command}`, { env });
  };
  const revision = async () => (await settled(core)).cluster.revision;
  const unit = async (host: Host) => {
    const { stdout } = await type(host, 'systemctl show -P SubState -P UnitFileState kato');
    return stdout.trim().split('\n');
  };
  /** All runs in its unit, nothing twice, and nothing was lost. */
  const allIsBack = async (before: number) => {
    for (const host of lab.hosts) {
      assert.equal((await settled(host)).cluster.revision, before);
      assert.deepEqual(await unit(host), ['running', 'enabled']);
      await until(() => twice(host).length === 0, {
        what: `${host.name} runs nothing twice`,
        seconds: SECONDS,
      });
      assert.deepEqual(ours(host).filter(isOutside), []);
    }
    await until(async () => (await redis('get kept')) === 'yes\n', {
      what: 'what was written is there',
      seconds: SECONDS,
    });
  };

  it('runs in its unit, all of it, and a person is told so', async () => {
    const { text } = hint(
      told
        .split('\n')
        .find((line) => line.includes('systemctl'))
        ?.replace('note: ', ''),
      'machine/node/boot-unit.ts: systemd starts this node at boot: systemctl status ${UNIT}',
    );
    const line = text.slice(text.indexOf('systemctl'));
    assert.match(await typed(core, line), /enabled[\s\S]*active \(running\)/);
    await allIsBack(await revision());
  });

  it('is back after its power was cut, without a command', async () => {
    const before = await revision();
    await Promise.all(lab.hosts.map((host) => host.powerOff()));
    await Promise.all(lab.hosts.map((host) => host.powerOn()));
    await allIsBack(before);
  });

  it('leaves in order when its unit stops, as at a shutdown, and runs nothing then', async () => {
    const before = await revision();
    await typed(data, 'systemctl stop kato');
    assert.deepEqual(ours(data), []);
    await statusWhen(core, 'it has left', ({ nodes }) =>
      nodes.some(({ address, state }) => address === data.address && state === 'left'),
    );
    await typed(data, 'systemctl start kato');
    await allIsBack(before);
  });

  it('is halted and booted by kato as by systemd', async () => {
    const before = await revision();
    for (const host of lab.hosts) {
      await host.kato('node', 'halt');
      assert.deepEqual(await unit(host), ['dead', 'enabled']);
      assert.deepEqual(ours(host), []);
    }
    for (const host of lab.hosts) await host.kato('node', 'boot');
    await allIsBack(before);
  });

  it('starts anew when its supervision was killed', async () => {
    const before = await revision();
    const first = async () => (await typed(data, 'systemctl show -P MainPID kato')).trim();
    const killed = await first();
    await typed(data, `kill -KILL ${killed}`);
    await until(async () => !['0', killed].includes(await first()), {
      what: 'systemd has started it anew',
      seconds: SECONDS,
    });
    await allIsBack(before);
  });

  it('takes its unit with it when it leaves the cluster, and may come again', async () => {
    const unitFile = '/etc/systemd/system/kato.service';
    await typed(data, `echo '# mine' >>${unitFile}`);
    await data.kato('node', 'detach');
    assert.match(await typed(data, `cat ${unitFile}.kept-by-kato`), /^# mine$/m);
    await until(async () => (await unit(data))[0] === 'dead', {
      what: 'the unit has ended',
      seconds: SECONDS,
    });
    assert.deepEqual(ours(data), []);
    assert.equal((await type(data, 'systemctl cat kato')).exitCode, 1);
    await attach(data, core, 'redis');
    await allIsBack(await revision());
  });
});

function ours(host: Host): HostProcess[] {
  return host.processes().filter(({ argv }) => OURS.test(argv.join(' ')));
}

function isOutside({ outerPid }: HostProcess): boolean {
  const cgroup = attempt(() => readFileSync(`/proc/${outerPid}/cgroup`, 'utf8'));
  return cgroup !== undefined && !/^0::.*\/kato\.service$/m.test(cgroup);
}

function twice(host: Host): string[] {
  const lines = ours(host).map(({ argv }) => argv.join(' '));
  return lines.filter((line, index) => lines.indexOf(line) < index && !WORKER.test(line));
}
