import assert from 'node:assert/strict';
import { refuse } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { type Machine, machine } from './kato.ts';

const STEP = { kind: 'start', process: 'redis', ms: 12, failed: false };
const DONE = { node: 'web', id: 'n2', state: 'active', done: true, steps: [STEP], failures: [] };
const ADDED = { node: 'web', added: ['redis'], removed: [], already: [] };

function performed(result: Json, changes: { [key: string]: Json } = {}): Json {
  return { result, revision: 8, touched: ['n2'], changed: true, ...changes };
}

describe('a change by kato', () => {
  let here: Machine;
  beforeEach(async () => {
    here = await machine({ agent: true });
    here.answers['role.add'] = () => performed(ADDED);
    here.answers.progress = () => [DONE];
  });
  afterEach(() => here.end());

  it('is followed step by step on stderr, and its outcome is on stdout', async () => {
    const { exitCode, stdout, stderr } = await here.kato('role', 'add', '-n', 'web', 'redis');
    assert.deepEqual([exitCode, stdout], [0, 'web has redis\n']);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      '==> ask: Ask the cluster',
      '==> follow: Wait for the nodes',
      '    web: start redis ... ok 12 ms',
    ]);
  });

  it('is a value on stdout with --json', async () => {
    const { stdout } = await here.kato('role', 'add', '-n', 'web', 'redis', '--json');
    assert.deepEqual(JSON.parse(stdout), { result: ADDED, changed: true, revision: 8 });
  });

  it('is meant for the own node where none is named', async () => {
    await here.kato('role', 'add', 'redis');
    const { params } = here.asked.find(({ operation }) => operation === 'role.add')!;
    assert.deepEqual(params, { node: 'n1', roles: ['redis'], selection: 'named', noStart: false });
  });

  it('is not waited for with --no-wait', async () => {
    const { stdout, stderr } = await here.kato('role', 'add', '-n', 'web', '--no-wait', 'redis');
    assert.ok(here.asked.every(({ operation }) => operation !== 'progress'));
    assert.equal(stdout, 'web has redis\n');
    assert.match(stderr, /note: this is written, and becomes true as the nodes follow/);
  });

  it('says that it was not waited for only where a node is to follow', async () => {
    here.answers['role.add'] = () => performed(ADDED, { touched: [], changed: false });
    const { stderr } = await here.kato('role', 'add', '-n', 'web', '--no-wait', 'redis');
    assert.doesNotMatch(stderr, /becomes true/);
  });

  it('is asked again under the same id when the first answer was lost', async () => {
    const ids: string[] = [];
    here.answers['role.add'] = (_params, { id }) => {
      ids.push(id);
      if (ids.length === 1) throw refuse('TIMEOUT', 'no answer');
      return performed(ADDED, { changed: false });
    };
    const { exitCode, stdout } = await here.kato('role', 'add', '-n', 'web', 'redis');
    assert.deepEqual([exitCode, stdout], [0, 'web has redis\n']);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
  });

  it('ends with the code of what failed on a node', async () => {
    const failure = { kind: 'start', process: 'redis', code: 'ROLE_FAILED', message: 'no luck' };
    here.answers.progress = () => [{ ...DONE, failures: [failure] }];
    const { exitCode, stderr } = await here.kato('role', 'add', '-n', 'web', 'redis');
    assert.equal(exitCode, 1);
    assert.match(stderr, /kato: web: no luck/);
  });

  it('ends with 6 when a node does not follow in time', async () => {
    here.answers.progress = () => [{ ...DONE, done: false, steps: [] }];
    const { exitCode, stderr } = await here.kato(
      'role',
      'add',
      '-n',
      'web',
      'redis',
      '--timeout=1',
    );
    assert.equal(exitCode, 6);
    assert.match(stderr, /but web did not finish it within 1 s/);
  });

  it('passes on a refusal with its exit code', async () => {
    here.answers['role.add'] = () => {
      throw refuse('UNKNOWN_ROLE', "there is no role 'rdis'", "did you mean 'redis'?");
    };
    const { exitCode, stderr } = await here.kato('role', 'add', '-n', 'web', 'rdis');
    assert.equal(exitCode, 3);
    assert.match(stderr, /kato: there is no role 'rdis'\n {2}why: {2}did you mean 'redis'\?/);
  });

  it('passes on what a controller says of a node that cannot be reached', async () => {
    here.answers['process.switch'] = () => {
      throw refuse('NODE_UNREACHABLE', 'web has not reported', 'as yet', 'wait for it');
    };
    const { exitCode, stderr } = await here.kato('process', 'stop', '-n', 'web', 'redis');
    assert.equal(exitCode, 5);
    assert.match(stderr, /next: wait for it\n/);
  });

  it('that deletes data is confirmed by name, or by --yes where nobody can be asked', async () => {
    const removed = { node: 'web', added: [], removed: ['redis'], already: [] };
    here.answers['role.remove'] = () => performed(removed);
    const remove = 'kato role remove -n web --purge-data redis';
    const unasked = await here.type(remove);
    assert.equal(unasked.exitCode, 2);
    assert.match(unasked.stderr, /add --yes/);
    const wrong = await here.type(`echo rdis | script -qec "${remove}" /dev/null`);
    assert.match(wrong.stdout, /This deletes the data of redis on web\. Type 'redis' to go on: /);
    assert.match(wrong.stdout, /nothing was changed/);
    assert.ok(here.asked.every(({ operation }) => operation !== 'role.remove'));
    await here.type(`echo redis | script -qec "${remove}" /dev/null`);
    await here.type(`${remove} --yes`);
    assert.equal(here.asked.filter(({ operation }) => operation === 'role.remove').length, 2);
  });

  it('names the file that holds no key or no certificate', async () => {
    const files = await here.type(`cd $(mktemp -d)
      openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout key -out cert 2>/dev/null
      openssl pkey -in key -aes128 -passout pass:secret -out locked
      install() { kato op custom_ssl_cert install "$@" a.example.com 2>&1 | head -1; }
      install cert key; install key key; install locked cert; install /etc/hosts cert
      install /dev/zero cert; install / cert; install <(cat key) /dev/zero`);
    assert.deepEqual(files.stdout.trimEnd().split('\n'), [
      'kato: there is no private key in cert',
      'kato: there is no certificate in key',
      'kato: the key in locked is locked by a passphrase',
      'kato: there is no private key in /etc/hosts',
      'kato: /dev/zero is too large',
      'kato: cannot read /',
      'kato: /dev/zero is too large',
    ]);
  });

  it('takes a value from stdin', async () => {
    here.answers['config.set'] = () => performed(5, { touched: [] });
    await here.type('echo 5 | kato config set cluster heartbeat.interval');
    assert.deepEqual(here.asked.at(-1)!.params, {
      act: 'set',
      component: 'cluster',
      key: 'heartbeat.interval',
      value: '5',
    });
  });
});

describe('kato node setup load_balancer on a router', () => {
  let here: Machine;
  const set = {
    node: 'core',
    exchanged: ['router'],
    routers: ['10.0.0.2'],
    pinned: false,
    strangers: [],
  };
  beforeEach(async () => {
    here = await machine({ agent: true });
    here.answers['node.list'] = () => [
      { address: '10.0.0.1', roles: ['base', 'router'] },
      { address: '10.0.0.2', roles: ['base', 'router'] },
    ];
    here.answers['node.setup-load-balancer'] = () => performed(set, { touched: [] });
  });
  afterEach(() => here.end());

  const excluded = () =>
    here.asked
      .filter(({ operation }) => operation === 'node.setup-load-balancer')
      .map(({ params }) => (params as { excludeSelf: boolean }).excludeSelf);

  it('asks about its own address, and Return leaves it out', async () => {
    const line = 'kato node setup load_balancer';
    const { stdout } = await here.type(`echo | script -qec "${line}" /dev/null`);
    assert.match(
      stdout,
      /address of this node, 10\.0\.0\.1, is among the routers\. Leave it out of the pool\?/,
    );
    await here.type(`echo n | script -qec "${line}" /dev/null`);
    assert.deepEqual(excluded(), [true, false]);
  });

  it('changes nothing where Ctrl-D is the answer', async () => {
    // Until kato has asked, the terminal takes the key for itself.
    const keys = "while printf '\\004'; do sleep 0.1; done";
    const line = 'kato node setup load_balancer';
    const { stdout } = await here.type(`(${keys}) | script -qec "${line}" /dev/null; echo "[$?]"`);
    assert.match(stdout, /the question was not answered\r\n {2}why: {2}the input ended\r\n\[2\]/);
    assert.deepEqual(excluded(), []);
  });

  it('names pinned addresses of no router, where the controller tells them', async () => {
    const line = ['node', 'setup', 'load_balancer', '10.0.0.77'];
    const pinned = { ...set, routers: ['10.0.0.77'], pinned: true, strangers: ['10.0.0.77'] };
    here.answers['node.setup-load-balancer'] = () => performed(pinned, { touched: [] });
    assert.match(
      (await here.kato(...line)).stdout,
      /note: 10\.0\.0\.77 is not a router of this cluster/,
    );
    const { strangers: _untold, ...older } = pinned;
    here.answers['node.setup-load-balancer'] = () => performed(older, { touched: [] });
    assert.match((await here.kato(...line)).stdout, /its pool is: 10\.0\.0\.77\n\n/);
  });

  it('does what a flag says without asking', async () => {
    await here.kato('node', 'setup', 'load_balancer', '--exclude-self');
    await here.kato('node', 'setup', 'load_balancer', '--keep-self');
    assert.deepEqual(excluded(), [true, false]);
  });

  it('does not ask where its address is not among those given', async () => {
    await here.kato('node', 'setup', 'load_balancer', '10.0.0.2', '10.0.0.3');
    const { params } = here.asked.at(-1)!;
    assert.deepEqual((params as { addresses: string[] }).addresses, ['10.0.0.2', '10.0.0.3']);
  });
});
