import assert from 'node:assert/strict';
import { certificate } from '../../support/nginx-views.ts';
import { until } from '../../support/until.ts';
import { INFO, type Machine, machine } from './kato.ts';

const LEFT = { usesLeft: 1, expiresAt: '2099-01-01T00:00:00Z', state: 'valid' };
const TOKEN = { id: 't1', roles: null, admin: false, ...LEFT };
const ANNOUNCER = { name: 'shop', key: 'U', hosts: ['shop.org'] };
const SILENT = { node: 'core', id: 'n1', state: 'active', done: false, steps: [], failures: [] };
const LATE = /kato: the change is written, but core did not finish it within 1 s/;

/** What is typed, and the secret as it is printed. */
const SHOWN_ONCE: [line: string, secret: RegExp][] = [
  ['token create', /KATO_TOKEN=\S{40}/],
  ['token create -q', /^\S{40,}\n$/],
  ['route announcer add shop --host shop.org', /^NKey seed: +SU\w{50}/m],
];

describe('what kato shows only once', () => {
  let here: Machine;
  beforeEach(async () => {
    here = await machine({ agent: true });
    const performed = { revision: 8, touched: ['n1'], changed: true };
    here.answers['agent.info'] = () => ({
      ...INFO,
      cluster: { ...INFO.cluster, ca: certificate },
    });
    here.answers['token.create'] = () => ({ ...performed, result: TOKEN });
    here.answers['announcer.add'] = () => ({ ...performed, result: ANNOUNCER });
    here.answers.progress = () => [SILENT];
  });
  afterEach(() => here.end());

  for (const [line, secret] of SHOWN_ONCE) {
    it(`is shown although the nodes do not follow: kato ${line}`, async () => {
      const { exitCode, stdout, stderr } = await here.type(`kato ${line} --timeout 1`);
      assert.equal(exitCode, 6, stderr);
      assert.match(stdout, secret);
      assert.match(stderr, LATE);
    });
  }

  it('is one JSON value also then, and what failed goes to stderr', async () => {
    for (const line of ['token create', 'route announcer add shop --host shop.org']) {
      const { exitCode, stdout, stderr } = await here.type(`kato ${line} --json --timeout 1`);
      const { token, seed } = JSON.parse(stdout);
      assert.deepEqual([exitCode, (token ?? seed).length > 40], [6, true], line);
      assert.match(stderr, LATE, line);
    }
  });

  it('is shown although a person waits no longer, and is not shown twice', async () => {
    let followed = false;
    here.answers.progress = async () => {
      followed = true;
      return new Promise(() => {});
    };
    const creating = here.start('token', 'create', '-q');
    await until(() => followed, { what: 'the change is followed', seconds: 10 });
    assert.match((await creating.kill('SIGINT')).stdout, /^\S{40,}\n$/);
    here.answers.progress = () => [{ ...SILENT, done: true }];
    assert.match((await here.kato('token', 'create', '-q')).stdout, /^\S{40,}\n$/);
  });
});
