import assert from 'node:assert/strict';
import { ENDPOINT, settled, tokenFrom, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';

/** A container that may make no namespaces: several nodes share one machine, each below a root of its own. */
describe('a cluster in a plain container', () => {
  const lab = useLab({ hosts: 4, kind: 'plain' });
  let core: Host;
  let router: Host;
  let balancer: Host;
  let data: Host;
  let told: string;

  before(async () => {
    [core, router, balancer, data] = lab.hosts as [Host, Host, Host, Host];
    told = await typed(core, `kato node setup core ${ENDPOINT} --address ${core.address}`);
    const token = await tokenFrom(core, '--uses 3');
    const join = (host: Host, roles: string): Promise<string> => {
      const line = `kato node attach -e ${roles} --address ${host.address} ${core.address}`;
      return typed(host, line, { env: { KATO_TOKEN: token } });
    };
    await Promise.all([join(router, 'router'), join(balancer, 'router'), join(data, 'redis')]);
    await typed(balancer, 'kato node setup load_balancer --exclude-self');
  });

  it('has its nodes, each on a loopback address of its own', async () => {
    const { nodes, pools } = await settled(core);
    assert.deepEqual(
      nodes.map((node) => node.address).sort(),
      lab.hosts.map((h) => h.address).sort(),
    );
    const routers = pools.find((pool) => pool.kind === 'routers')!;
    assert.deepEqual(
      routers.members.map((member) => member.address).sort(),
      [core, router].map((host) => `${host.address}:80`).sort(),
    );
  });

  it('answers at its endpoint, through load balancer and router', async () => {
    const request = `curl -sS --fail -H 'Host: ${ENDPOINT}' http://${balancer.address}/v1/info`;
    const info = JSON.parse(await typed(core, request)) as { endpoint: string };
    assert.equal(info.endpoint, ENDPOINT);
  });

  it('keeps data and gives its password to admins', async () => {
    const password = (await typed(core, `kato role info --secret redis -n ${data.address}`)).trim();
    const cli = `REDISCLI_AUTH='${password}' redis-cli -h ${data.address}`;
    assert.match(await typed(core, `${cli} set kato yes`), /OK/);
    await data.powerOff();
    await data.powerOn();
    await settled(core);
    assert.match(await typed(core, `${cli} get kato`), /yes/);
  });

  it('is said to be for this machine alone', () => {
    assert.ok(told.includes(`note: ${core.address} can be reached from this machine only\n`), told);
  });

  it('boots as it says, where no systemd starts it', async () => {
    const { text } = hint(
      /^note: (no systemd .*)/m.exec(told)?.[1],
      'machine/node/boot-unit.ts: no systemd starts this node: have `KATO_ROOT=${paths.root} ${katoBin} node boot` called at boot',
    );
    await typed(core, 'kato node halt');
    assert.match(await typed(core, text.split('`')[1]!), /this node is starting/);
    await settled(core);
  });
});
