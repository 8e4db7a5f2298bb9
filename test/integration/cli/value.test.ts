import assert from 'node:assert/strict';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { type Terminal, terminal } from '../../support/terminal.ts';
import { until } from '../../support/until.ts';
import { type Machine, machine } from './kato.ts';

const ADDED = { revision: 7, result: { cluster: [5] }, warnings: [], touched: [] };

describe('what a person sees and takes at a real terminal', () => {
  let here: Machine;
  let screen: Terminal;
  before(async () => {
    here = await machine({ agent: true });
    here.answers['config.set'] = () => ADDED as unknown as Json;
    const env = { ...here.env, PS1: '$ ' };
    screen = terminal({ columns: 100, rows: 40, command: ['bash', '--norc'], env });
    await screen.shows('$');
  });
  after(() => {
    screen.close();
    here.end();
  });

  it('is the value alone where that is taken, and the progress on the screen', async () => {
    screen.type('V=$(kato config set cluster heartbeat.interval 5 --json); echo "taken [$V]"');
    screen.press('Enter');
    const seen = await screen.shows(/^taken \[[\s\S]*\]$/m);
    const taken = /^taken \[([\s\S]*)\]$/m.exec(seen)?.[1] ?? '';
    assert.doesNotMatch(taken, /Ask the cluster/);
    assert.doesNotThrow(() => JSON.parse(taken), taken);
    assert.match(seen.slice(0, seen.indexOf('taken [{')), /Ask the cluster/);
  });

  it('is what kato waits for, where a value is typed: it says so, and how that ends', async () => {
    screen.type('clear; kato config set cluster heartbeat.interval');
    screen.press('Enter');
    await screen.shows(/^type the value of cluster heartbeat\.interval, then Ctrl-D$/m);
    here.asked.length = 0;
    screen.type('5');
    screen.press('Enter', 'C-d');
    const params = await until(
      () => here.asked.find(({ operation }) => operation === 'config.set')?.params,
      { what: 'the value is asked for', seconds: 5 },
    );
    assert.equal((params as { value: string }).value, '5');
  });

  it("is a refusal in kato's own words, without marks of colours", async () => {
    screen.type('clear; kato route announcer add shop');
    screen.press('Enter');
    const seen = await screen.shows(/kato: kato route announcer add .*/);
    assert.match(seen, /--host/);
    assert.doesNotMatch(seen, /\\x1b|Missing required/);
  });
});
