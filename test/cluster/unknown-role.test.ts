import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import { clusterOf, refused, statusOf, statusWhen, type, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { ownKato } from '../support/own-kato.ts';

const ROLE = `
summary: Says loudly what it hears
settings:
  port: { type: integer, default: 7007, minimum: 1, maximum: 65535, help: Port. }
secrets:
  word: { help: A word., scope: cluster }
processes:
  - name: shout
    argv: [/usr/bin/sleep, infinity]
    files: [{ path: shout.conf, template: shout/shout.conf }]
`;
const TEMPLATE = '{{settings.port}} {{secrets.word}} {{config}}\n';
const FILE = '/opt/kato/roles/shout.yml';
const CONFIG =
  'cat /var/lib/kato/config/shout/current/shout.conf; s6-svstat -o pid /var/lib/kato/service/shout';

describe('a role of a person whose file one machine after the other loses', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  const [h1, h2, h3] = [1, 2, 3].map((number) => () => lab.host(number)) as [
    () => Host,
    () => Host,
    () => Host,
  ];
  const unknownAt = ({ warnings }: Status): string[] =>
    warnings.filter(({ code }) => code === 'ROLE_UNKNOWN').map(({ node = '' }) => node);
  let running: string;

  async function restart(host: Host, ...services: string[]): Promise<void> {
    for (const name of services) await typed(host, `s6-svc -r /var/lib/kato/service/${name}`);
  }

  before('a core, a node with the role, and a second controller', async () => {
    const files = { 'roles/shout.yml': ROLE, 'templates/shout/shout.conf': TEMPLATE };
    await Promise.all(lab.hosts.map((host) => ownKato(host, files)));
    await clusterOf(h1(), [
      [h2(), 'shout'],
      [h3(), ''],
    ]);
    await typed(h1(), 'kato role add -n h3 controller');
    await typed(h1(), 'kato config set shout port 7008');
    running = await typed(h2(), CONFIG);
    assert.match(running, /^7008 \w{32} \/var\/lib\/kato\/config\/shout\/current\n\d+\n$/);
  });

  it('goes on, and everything else can be changed, when the core and its controller lack it', async () => {
    await typed(h1(), `rm ${FILE}`);
    await restart(h1(), 'agent', 'controller');
    await statusWhen(h1(), 'h1 is said to lack it', (status) => unknownAt(status).includes('h1'));
    // Whichever of the two controllers answers.
    for (let i = 0; i < 6; i++) await typed(h1(), `kato route add s${i}.org 10.9.9.1:80`);
    // Done, whether or not the controller that tells the node says that it knows no 'shout'.
    const { stderr } = await type(h1(), 'kato role add -n h2 memcached');
    assert.match(stderr, /start memcached \.\.\. ok/);
    const { nodes } = await statusOf(h1());
    const roles = nodes.find(({ name }) => name === 'h2')!.roles;
    assert.ok(roles.some(({ name, state }) => name === 'memcached' && state === 'running'));
    assert.equal(await typed(h2(), CONFIG), running);
  });

  it('is given to no other node meanwhile', async () => {
    const { code, next } = await refused(h1(), 'kato role add -n h3 shout');
    assert.equal(code, 'VERSION');
    assert.match(next!, /restart its agent: s6-svc -r/);
  });

  it('is unknown where the only controller that is left lacks it, and goes on', async () => {
    await typed(h1(), 'kato stop -n h3 controller');
    const status = await statusOf(h1());
    const { roles } = status.nodes.find(({ name }) => name === 'h2')!;
    assert.equal(roles.find(({ name }) => name === 'shout')?.state, 'unknown');
    assert.deepEqual(unknownAt(status), ['h1']);
    assert.equal(await typed(h2(), CONFIG), running);
  });

  it('goes on when its own node loses it too, and is taken away there', async () => {
    await typed(h2(), `rm ${FILE}`);
    await restart(h2(), 'agent');
    await statusWhen(h1(), 'h2 is said to lack it', (status) => unknownAt(status).includes('h2'));
    assert.equal(await typed(h2(), CONFIG), running);
    await typed(h1(), 'kato role remove -n h2 shout');
    await statusWhen(h1(), 'nothing is wrong', ({ warnings }) =>
      warnings.every(({ code }) => code === 'ROLE_STOPPED' || code === 'BACKEND_AWAY'),
    );
    assert.equal(await typed(h2(), 'pgrep -fx "/usr/bin/sleep infinity" || echo gone'), 'gone\n');
  });
});
