import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { clusterWith, later, NOW } from '../../support/clusters.ts';
import { INFO, type Machine, machine } from './kato.ts';

/** What is typed, what the cluster answers, and what is printed then. */
type Row = [line: string, operation: string, answer: Json, printed: string[]];
const SWITCHED = { node: 'web', already: ['redis'], spared: ['router'] };
const HELD = { ...SWITCHED, processes: ['memcached'] };
const STOPPED = { ...SWITCHED, roles: ['memcached'] };
const MIGRATED = { node: 'web', id: 'n2', from: '10.0.0.2', to: '10.0.0.9' };
const ROUTE = { host: 'shop.org', path: '/', backends: [], sticky: false };

const CHANGES: Row[] = [
  [
    'role remove -n web redis postgresql',
    'role.remove',
    { node: 'web', added: [], removed: ['redis'], already: ['postgresql'] },
    ['web no longer has redis', 'web did not have postgresql'],
  ],
  [
    'start -n web memcached redis',
    'role.switch',
    { ...STOPPED, spared: [] },
    ['web: memcached started', 'web: redis not stopped before'],
  ],
  [
    'stop -n web all',
    'role.switch',
    STOPPED,
    [
      'web: memcached stopped until started again',
      'web: redis stopped before',
      'web: router keeps running: no other node has it',
    ],
  ],
  [
    'restart -n web all',
    'role.switch',
    { ...STOPPED, already: [] },
    ['web: memcached restarted', 'web: router stays as a person left it: stopped, or held'],
  ],
  [
    'process start -n web memcached redis',
    'process.switch',
    { ...HELD, spared: [] },
    ['web: memcached started', 'web: redis not held before'],
  ],
  [
    'process stop -n web all',
    'process.switch',
    HELD,
    [
      'web: memcached held until the next boot',
      'web: redis held before',
      'web: router keeps running: no other node runs it',
    ],
  ],
  [
    'process stop -n web --force nats-server',
    'process.switch',
    { node: 'web', processes: ['nats-server'], already: [], cutOff: true },
    [
      'web: nats-server to be held until the next boot; that it is cannot be asked any more',
      'no command reaches the cluster until then; on web: kato node halt, then kato node boot',
    ],
  ],
  [
    'process restart -n web all',
    'process.switch',
    { ...HELD, already: [] },
    ['web: memcached restarted', 'web: router stays held'],
  ],
  [
    'node migrate 10.0.0.2 10.0.0.9',
    'node.migrate',
    { ...MIGRATED, isThere: true, balancers: ['lb'], routes: ['shop.org'] },
    [
      'web is at 10.0.0.9',
      'lb sends requests to it at 10.0.0.9 from now on',
      'the route shop.org still leads to the old address',
    ],
  ],
  [
    'node migrate --force 10.0.0.2 10.0.0.9',
    'node.migrate',
    { ...MIGRATED, isThere: false, balancers: [], routes: [] },
    ['web is at 10.0.0.9', '', 'it goes on when its machine runs and has that address'],
  ],
  ['route remove shop.org', 'route.remove', ROUTE, ['shop.org is no longer a route']],
  [
    'route announcer remove shop',
    'announcer.remove',
    { name: 'shop', key: 'U', hosts: [] },
    ['shop may no longer announce routes'],
  ],
  [
    'op custom_ssl_cert remove shop.org',
    'certificate.remove',
    { domain: 'shop.org', chain: '', notAfter: NOW },
    ['shop.org no longer has a certificate of its own'],
  ],
  [
    'data keep h3',
    'state.keep',
    { node: 'h3', intervalSeconds: 300 },
    [
      'h3 keeps an export in /var/lib/kato/export/cluster.kato: a new one at most 300 s after a change',
      '',
      "if the core is lost: kato node setup core --recover-from that file, on a machine with the core's address",
    ],
  ],
];

const LOOKS: Row[] = [
  ['config get redis', 'config.get', {}, ['no settings']],
  ['config get router trusted_proxies', 'config.get', [], ['[]']],
  ['history', 'history', [], ['no changes yet']],
  ['process list --cluster', 'process.list', [], ['no processes']],
  ['op custom_ssl_cert list', 'certificate.list', [], ['no certificates']],
  [
    'route list',
    'route.list',
    [
      {
        ...{ route: 'shop.org', sticky: false, announced: false },
        ...{ backends: ['10.0.0.2:80', '10.0.0.9:80'], leftOut: ['10.0.0.2:80'] },
      },
    ],
    ['ROUTE     KIND    BACKENDS', 'shop.org  static  10.0.0.2:80(left out) 10.0.0.9:80'],
  ],
];

/** `key` and `cert` in the folder, and on stdout a certificate that counts from 2099 on. */
const MAKE_EARLY = `{
  openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=shop.org -days 9 -keyout key -out cert
  openssl req -new -key key -subj /CN=shop.org -out request && touch index
  printf '%s\\n' '[ca]' default_ca=d '[d]' database=index serial=number new_certs_dir=. \\
    default_md=sha256 policy=p '[p]' commonName=supplied >config
  openssl ca -config config -create_serial -selfsign -keyfile key -in request -batch -notext \\
    -startdate 20990101000000Z -enddate 20990201000000Z -out early
} >log 2>&1; cat early`;

describe('what a command says that it did, or that there is', () => {
  let here: Machine;
  let folder: string;
  let early: string;
  before(async () => {
    here = await machine({ agent: true });
    here.env.KATO_PASSPHRASE = 'a long passphrase';
    folder = mkdtempSync(join(tmpdir(), 'kato-outcomes-'));
    early = (await here.type(`cd ${folder} && ${MAKE_EARLY}`)).stdout;
  });
  beforeEach(() => {
    here.answers['node.list'] = () => [];
  });
  after(() => {
    here.end();
    rmSync(folder, { recursive: true });
  });

  const asChange = (result: Json): Json => ({ result, revision: 8, touched: [], changed: true });
  const printed = async (line: string): Promise<string[]> => {
    const { exitCode, stdout, stderr } = await here.type(`kato ${line}`);
    assert.equal(exitCode, 0, stderr);
    return stdout.trimEnd().split('\n');
  };

  for (const [line, operation, result, wanted] of CHANGES) {
    it(`after kato ${line}`, async () => {
      here.answers[operation] = () => asChange(result);
      assert.deepEqual(await printed(line), wanted);
    });
  }

  for (const [line, operation, answer, wanted] of LOOKS) {
    it(`to kato ${line}`, async () => {
      here.answers[operation] = () => answer;
      assert.deepEqual(await printed(line), wanted);
    });
  }

  it('after an export, and an import of it', async () => {
    const file = join(folder, 'cluster.kato');
    here.answers['state.export'] = () => ({ cluster: clusterWith(), secrets: {} }) as never;
    assert.deepEqual(await printed(`data export --cluster ${file}`), [
      `revision 1 with one node is saved in ${file}`,
      '',
      'store it and its passphrase away from the core; kato node setup core --recover-from reads it',
    ]);
    const again = { nodes: ['db', 'web'], announcers: ['shop'] };
    const imported = { from: { revision: 1, epoch: 1 }, lost: ['late'], again };
    here.answers['state.import'] = () => asChange(imported);
    const [first, copy, ...more] = await printed(`data import --force ${file}`);
    assert.equal(first, 'the cluster goes on from revision 1');
    assert.match(copy!, /^the state before the import is in \S+\.kato, with the same passphrase$/);
    assert.deepEqual(more, [
      'cut off, must be attached again: late',
      'nodes again, if they were removed: db, web',
      'may announce routes again: shop',
    ]);
  });

  it('after a certificate that is about to end, or counts only later', async () => {
    const install = `op custom_ssl_cert install ${folder}/key ${folder}/cert shop.org`;
    const notAfter = new Date(Date.now() + 8.5 * 86_400_000).toISOString();
    const answer = (chain: string) => () => asChange({ domain: 'shop.org', chain, notAfter });
    here.answers['certificate.install'] = answer(readFileSync(join(folder, 'cert'), 'utf8'));
    const [said, note] = await printed(install);
    assert.match(said!, /^shop\.org is served with this certificate, good until 20\d\d-/);
    assert.equal(note, 'note: it expires in 8 days');
    here.answers['certificate.install'] = answer(early);
    assert.equal(
      (await printed(install)).at(-1),
      'note: clients do not accept it before 2099-01-01 00:00:00',
    );
  });

  it('after kato route announcer add, with all that its component needs', async () => {
    here.answers['announcer.add'] = (params) => asChange(params);
    const [said, , bus, server, seed] = await printed('route announcer add shop --host shop.org');
    assert.equal(said, 'shop may announce shop.org');
    assert.equal(bus, 'bus:          tls://10.0.0.1:4222');
    assert.equal(server, 'server name:  bus.c1');
    assert.match(seed!, /^NKey seed: {4}SU[A-Z2-7]{56}$/);
  });

  it('after kato token create', async () => {
    here.answers['agent.info'] = () => ({ ...INFO, cluster: { ...INFO.cluster, ca: early } });
    here.answers['token.create'] = (params) =>
      asChange({
        ...(params as object),
        ...{ state: 'usable', roles: null, usesLeft: 2, createdAt: NOW, expiresAt: later(3600) },
      });
    const lines = await printed('token create --uses 2');
    assert.match(lines[0]!, /^token \S+: 2 uses, until 2026-03-01 13:00:00$/);
    assert.match(lines[1]!, /^roles: (any plain)$/);
    assert.equal(lines[3], 'On the machine that is to join, as root:');
  });

  it('to kato role info, where a role is not to be added', async () => {
    assert.match((await printed('role info base')).join('\n'), /^given +every node has it$/m);
    const balancer = (await printed('role info load_balancer')).join('\n');
    assert.match(balancer, /^given +by a setup command$/m);
    assert.match(balancer, /^excludes +every other role$/m);
  });
});
