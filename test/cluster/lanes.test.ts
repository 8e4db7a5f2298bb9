import assert from 'node:assert/strict';
import { clusterOf, nodeOn, refused, settled, type, typed } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { ownKato } from '../support/own-kato.ts';
import { CHECKS, GATE, ROLES } from '../support/trying-roles.ts';
import { until } from '../support/until.ts';

describe('the processes of a node', () => {
  const lab = useLab({ hosts: 2 });
  needsMachines(lab);
  const core = () => lab.host(1);
  const node = () => lab.host(2);
  const roleOn = async (name: string) =>
    (await nodeOn(node(), core())).roles.find((role) => role.name === name);
  /** Its program runs, and is not ready yet. */
  const starting = (): Promise<unknown> =>
    until(
      async () => {
        const { stdout } = await type(node(), 's6-svstat -o up,ready /var/lib/kato/service/slow');
        return stdout === 'true false\n' && (await roleOn('slow'))?.state === 'starting';
      },
      { what: 'it starts', seconds: 20 },
    );

  before('a core and a node with a router', async () => {
    await Promise.all(lab.hosts.map((host) => ownKato(host, ROLES)));
    await clusterOf(core(), [[node(), 'router']]);
    await settled(core());
  });

  it('do not wait for one that is slow to start, and neither does who adds another', async () => {
    const adding = type(core(), 'kato role add -n h2 slow');
    await starting();
    await typed(core(), 'kato role add -n h2 memcached');
    assert.equal((await roleOn('memcached'))?.state, 'running');
    await typed(core(), 'kato route add shop.example.com 10.9.9.1:80');
    assert.match(
      await typed(node(), 'cat /var/lib/kato/config/router/current/*'),
      /10\.9\.9\.1:80/,
    );
    assert.equal((await roleOn('slow'))?.state, 'starting', 'all that was done meanwhile');
    await typed(node(), `touch ${GATE}`);
    const { exitCode, stderr } = await adding;
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /start slow \.\.\. ok/);
    assert.equal((await roleOn('slow'))?.state, 'running');
  });

  it('end a wait for one that nobody wants any more', async () => {
    await typed(core(), 'kato role remove -n h2 slow');
    await typed(node(), `rm -f ${GATE}`);
    const adding = type(core(), 'kato role add -n h2 slow');
    await starting();
    await typed(core(), 'kato role remove -n h2 slow');
    assert.equal(await roleOn('slow'), undefined);
    await adding;
  });

  it('start after those that they need, where the node is to run them', async () => {
    const up = async (): Promise<string> => {
      const line = 's6-svstat -o up /var/lib/kato/service/follower || echo none';
      return (await typed(node(), line)).trim();
    };
    const adding = type(core(), 'kato role add -n h2 slow,follower');
    await starting();
    await typed(core(), 'kato role add -n h2 redis');
    assert.notEqual(await up(), 'true');
    await typed(node(), `touch ${GATE}`);
    const { exitCode, stderr } = await adding;
    assert.equal(exitCode, 0, stderr);
    assert.equal(await up(), 'true');
    await typed(node(), `rm -f ${GATE}`);
    await typed(core(), 'kato role remove -n h2 slow,follower,redis');
    await typed(core(), 'kato role add -n h2 follower');
    assert.equal(await up(), 'true', 'nobody wants the other one here');
    await typed(core(), 'kato role remove -n h2 follower');
  });

  it('come to nothing that are taken back while their data is made', async () => {
    const adding = type(core(), 'kato role add -n h2 keeper');
    await until(async () => (await type(node(), 'pgrep -f "[M]ADE"')).exitCode === 0, {
      what: 'its first run begins',
      seconds: 20,
    });
    const removing = type(core(), 'kato role remove -n h2 keeper');
    await until(async () => (await roleOn('keeper')) === undefined, {
      what: 'it is taken back',
      seconds: 20,
    });
    await typed(node(), `touch ${GATE}`);
    assert.equal((await removing).exitCode, 0);
    await adding;
    assert.equal((await type(node(), 'ls /var/lib/kato/service/keeper')).exitCode, 2);
  });

  it('have their data deleted by who was told so, though the role is given again meanwhile', async () => {
    await typed(core(), 'kato role add -n h2 keeper');
    await typed(node(), 'touch /var/lib/kato/data/keeper/OLD');
    const removing = type(core(), 'kato role remove -n h2 --purge-data --yes keeper');
    await until(
      async () => {
        const { stdout } = await type(node(), 's6-svstat -o wantedup /var/lib/kato/service/keeper');
        return stdout === 'false\n';
      },
      { what: 'it stops', seconds: 20 },
    );
    await typed(core(), 'kato role add -n h2 keeper');
    assert.equal((await removing).exitCode, 0);
    assert.equal(await typed(node(), 'ls /var/lib/kato/data/keeper'), 'MADE\n');
    assert.equal((await roleOn('keeper'))?.state, 'running');
  });

  it('are tried again after a pause when their config is refused', async () => {
    assert.equal((await refused(core(), 'kato role add -n h2 picky')).code, 'CONFIG_REFUSED');
    const times = await until(
      async () => {
        const all = (await typed(node(), `cat ${CHECKS}`)).trim().split('\n').map(Number);
        return all.length > 2 ? all : null;
      },
      { what: 'it was tried three times', seconds: 30 },
    );
    const [first, second, third] = times as [number, number, number];
    assert.ok(second - first >= 700 && third - second >= 1400, times.join(' '));
    await typed(core(), 'kato role remove -n h2 picky');
  });

  it('are waited for until they are ready, though an agent died meanwhile', async () => {
    await typed(node(), `rm -f ${GATE}`);
    const adding = type(core(), 'kato role add -n h2 slow');
    await starting();
    const pid = 's6-svstat -o pid /var/lib/kato/service/slow';
    const before = await typed(node(), pid);
    await typed(node(), 's6-svc -k /var/lib/kato/service/agent');
    await until(async () => (await type(node(), 'kato process list')).exitCode === 0, {
      what: 'the next one has looked',
      seconds: 20,
    });
    await typed(core(), 'kato role add -n h2 redis');
    assert.equal((await roleOn('slow'))?.state, 'starting');
    await typed(node(), `touch ${GATE}`);
    assert.equal((await adding).exitCode, 0);
    assert.equal((await roleOn('slow'))?.state, 'running');
    assert.equal(await typed(node(), pid), before);
  });

  it('have failed for who asked for them, and for nobody who asks for something else', async () => {
    await typed(node(), `rm -f ${GATE}`);
    await typed(core(), 'kato config set early port 7100');
    await typed(
      node(),
      'python3 -c "import socket,time;s=socket.create_server((\'0.0.0.0\',7100));time.sleep(120)" >/dev/null 2>&1 & echo $! >/run/taker',
    );
    await until(async () => (await typed(node(), 'ss -Hltn sport = :7100')) !== '', {
      what: 'somebody has the port',
      seconds: 10,
    });
    assert.equal((await refused(core(), 'kato role add -n h2 early')).code, 'PORT_TAKEN');
    await typed(core(), 'kato role remove -n h2 redis');
    await typed(core(), 'kato role add -n h2 redis');
    await typed(node(), 'kill "$(cat /run/taker)"');
    await until(async () => (await roleOn('early'))?.state === 'running', {
      what: 'it is tried again',
      seconds: 60,
    });
  });

  it('have a port when those are gone that had it', async () => {
    await typed(core(), 'kato role add -n h2 --only late');
    assert.deepEqual(
      [await roleOn('early'), (await roleOn('late'))?.state],
      [undefined, 'running'],
    );
  });
});
