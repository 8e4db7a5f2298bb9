import assert from 'node:assert/strict';
import { join } from 'node:path';
import { refuse } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { assertGolden } from '../../support/golden.ts';
import { SHOWN_STATUS } from '../../support/shown.ts';
import { type Terminal, terminal } from '../../support/terminal.ts';
import { until } from '../../support/until.ts';
import { type Machine, machine } from './kato.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const ESCAPE = '\x1b';

describe('kato status --watch in a real terminal', () => {
  let here: Machine;
  let screen: Terminal;
  beforeEach(async () => {
    here = await machine({ agent: true });
    here.answers.status = () => SHOWN_STATUS as unknown as Json;
  });
  afterEach(() => {
    screen.close();
    here.end();
  });

  async function watch(columns: number, rows: number): Promise<void> {
    const env = { ...here.env, PS1: '$ ' };
    screen = terminal({ columns, rows, command: ['bash', '--norc'], env });
    await screen.shows('$');
    screen.type('echo before; kato status --watch; echo "exit code $?"');
    screen.press('Enter');
    await screen.shows('router-in-frankfurt-2 is dead');
  }

  function change(revision: number): void {
    const cluster = { ...SHOWN_STATUS.cluster, revision };
    here.answers.status = () => ({ ...SHOWN_STATUS, cluster }) as unknown as Json;
  }

  const asks = () => here.asked.filter(({ operation }) => operation === 'status').length;

  for (const [columns, rows] of [
    [40, 16],
    [80, 12],
    [100, 30],
  ] as const) {
    it(`keeps to ${columns} columns and ${rows} rows, warnings on top, and says what is left out`, async () => {
      await watch(columns, rows);
      await screen.shows(/^.+\n(.*\n)*(\.\.\. \d+ more|.*10.78.2.5:8004\n)/);
      assertGolden(join(GOLDEN, `watch-${columns}.txt`), screen.painted());
    });
  }

  it('follows the size of the terminal at once, and leaves nothing of the old picture', async () => {
    await watch(80, 12);
    screen.resize(40, 8);
    await screen.shows(/^! router-in-frankfurt-2 is dead, last\n {2}seen/);
    screen.resize(100, 30);
    await screen.shows('10.78.2.5:8004');
    assert.ok(!screen.seen().includes('... '), screen.seen());
    assert.ok(
      screen.seen().startsWith('! router-in-frankfurt-2 is dead, last seen 66 min ago\n! '),
    );
  });

  it('draws over what is there and clears nothing that it shows again', async () => {
    await watch(80, 24);
    const first = screen.written().length;
    await until(() => asks() >= 3, { what: 'two more looks', seconds: 10 });
    change(18);
    await screen.shows('revision 18');
    const written = screen.written().slice(first);
    assert.ok(written.includes('active'), 'it was drawn again');
    assert.ok(!written.includes(`${ESCAPE}[2J`), 'nothing clears the screen');
    // Only below the picture, or behind the end of a line.
    const home = `${ESCAPE}[1;1H`;
    for (const erase of [`${home}${ESCAPE}[K`, `${home}${ESCAPE}[J`]) {
      assert.ok(!written.includes(erase), 'the first line is never empty');
    }
  });

  it('leaves the last picture and a clean prompt with Ctrl-C, and what was there before above', async () => {
    await watch(80, 24);
    change(18);
    await screen.shows('revision 18');
    screen.press('C-c');
    await screen.shows(/10\.78\.2\.5:8004\nexit code 0\n\$\n$/);
    assert.ok(screen.seen().startsWith('! router-in-frankfurt-2 is dead'), screen.seen());
    assert.match(screen.scrolledAway(), /^before$/m);
  });

  it('goes on when nobody answers, says so on top, and shows the end of it', async () => {
    await watch(80, 24);
    here.answers.status = () => {
      throw refuse('CONTROLLER_AWAY', 'no controller answers');
    };
    await screen.shows(
      /^! no controller answers: everything else is shown as it was \d s ago\n! router-in/,
    );
    change(19);
    await screen.shows(/^! router-in[\s\S]*revision 19/);
  });
});
