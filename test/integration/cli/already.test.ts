import assert from 'node:assert/strict';
import type { ErrorRecord } from '../../../src/domain/base/error-codes.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import type { NodeStatus } from '../../../src/domain/telling/status.ts';
import { hint } from '../../support/said/hint.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';
import { type Machine, machine, STATUS } from './kato.ts';

const ALREADY = { node: 'web', added: [], removed: [], already: ['redis'] };
const PROCESS = { name: 'redis', state: 'STOPPED', pid: null, since: null };
const FAILED = [{ name: 'redis', state: 'failed', processes: [PROCESS] }];

describe('what was asked of kato before', () => {
  let here: Machine;
  beforeEach(async () => {
    here = await machine({ agent: true });
  });
  afterEach(() => here.end());

  it('is said to be so', async () => {
    here.answers['role.add'] = () => performed(ALREADY);
    here.answers.status = () => STATUS;
    const { exitCode, stdout } = await here.kato('role', 'add', '-n', 'web', 'redis');
    assert.deepEqual([exitCode, stdout], [0, 'already so: web has redis\n']);
  });

  it('is not said to be so where it has failed', async () => {
    const error = { step: 'start redis', code: 'PORT_TAKEN', message: 'port 6379 is taken' };
    const web = { ...nodeStatus('web'), roles: FAILED, error };
    here.answers.status = () => statusWith({ nodes: [web as NodeStatus] }) as unknown as Json;
    const roleSwitch = { node: 'web', roles: [], already: ['redis'], spared: [] };
    const cases: [string, Json, string[]][] = [
      ['role.add', ALREADY, ['role', 'add']],
      ['role.switch', roleSwitch, ['start']],
      ['process.switch', { ...roleSwitch, processes: [] }, ['process', 'start']],
    ];
    for (const [operation, result, words] of cases) {
      here.answers[operation] = () => performed(result);
      const { exitCode, stderr } = await here.kato(...words, '-n', 'web', 'redis');
      assert.equal(exitCode, 4, operation);
      assert.match(stderr, /already asked for, but not done: web: port 6379 is taken/);
    }
    here.answers['config.set'] = () => performed('1g');
    const { stderr } = await here.kato('config', 'set', 'redis', 'max_memory', '1g');
    assert.match(stderr, /not done: web: port 6379 is taken/);
    const other = await here.kato('config', 'set', 'router', 'http_port', '1g');
    assert.equal(other.stdout, 'already so: 1g\n');
  });

  it('is not said to be so on a node that is dead', async () => {
    const web = { ...nodeStatus('web'), roles: FAILED, state: 'dead' };
    here.answers.status = () => statusWith({ nodes: [web as NodeStatus] }) as unknown as Json;
    here.answers['role.add'] = () => performed(ALREADY);
    const { stdout } = await here.kato('role', 'add', '-n', 'web', 'redis', '--json');
    const { error } = JSON.parse(stdout) as { error: ErrorRecord };
    const { commands } = hint(error.next, 'cli/session/already.ts: kato status');
    assert.match((await here.type(commands[0]!)).stdout, /web +\S+ +dead/);
  });
});

function performed(result: Json): Json {
  return { result, revision: 8, touched: [], changed: false };
}
