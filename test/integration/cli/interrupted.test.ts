import assert from 'node:assert/strict';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { hint } from '../../support/said/hint.ts';
import { statusWith } from '../../support/statuses.ts';
import { terminal } from '../../support/terminal.ts';
import { until } from '../../support/until.ts';
import { type Machine, machine } from './kato.ts';

const ADDED = { node: 'web', added: ['redis'], removed: [], already: [] };

describe('a change that nobody waits for any more', () => {
  let here: Machine;
  beforeEach(async () => {
    here = await machine({ agent: true });
    const performed = { result: ADDED, revision: 8, touched: ['n2'], changed: true };
    here.answers['role.add'] = () => performed as unknown as Json;
  });
  afterEach(() => here.end());

  it('goes on when its command is interrupted, which says so', async () => {
    let followed = false;
    here.answers.progress = async () => {
      followed = true;
      return new Promise(() => {});
    };
    const adding = here.start('role', 'add', '-n', 'web', 'redis');
    await until(() => followed, { what: 'the change is followed', seconds: 10 });
    const { exitCode, stderr } = await adding.kill('SIGINT');
    assert.equal(exitCode, 130);
    const { commands } = hint(
      stderr.split('\n').find((line) => line.startsWith('kato: ')),
      'cli/framework/change-command.ts: kato: the change is written and goes on: kato status shows what fails',
    );
    const failed = { code: 'STEP_FAILED' as const, message: 'web: no luck', node: 'web' };
    here.answers.status = () => statusWith({ warnings: [failed] }) as unknown as Json;
    assert.match((await here.type(commands[0]!)).stdout, /no luck/);
  });

  it('says so on a terminal, too, below what was drawn there', async () => {
    let followed = false;
    here.answers.progress = async () => {
      followed = true;
      return new Promise(() => {});
    };
    const env = { ...here.env, PS1: '$ ' };
    const screen = terminal({ columns: 100, rows: 24, command: ['bash', '--norc'], env });
    try {
      await screen.shows('$');
      screen.type('kato role add -n web redis; echo "exit code $?"');
      screen.press('Enter');
      await until(() => followed, { what: 'the change is followed', seconds: 20 });
      screen.press('C-c');
      await screen.shows(
        /^kato: the change is written and goes on: kato status .*\nexit code 130$/m,
      );
    } finally {
      screen.close();
    }
  });
});
