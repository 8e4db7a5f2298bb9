import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { openState } from '../../../src/operations/export-file.ts';
import { clusterWith } from '../../support/clusters.ts';
import { type Terminal, terminal } from '../../support/terminal.ts';
import { type Machine, machine } from './kato.ts';

const GOOD = 'correct horse battery';

describe('the passphrase of an export, at a terminal', () => {
  let here: Machine;
  let screen: Terminal;
  let file: string;
  before(async () => {
    here = await machine({ agent: true });
    here.answers['state.export'] = () =>
      ({ cluster: clusterWith(), secrets: { 'role/password': 'x' } }) as unknown as Json;
    file = join(here.env.KATO_ROOT!, 'cluster.kato');
    const env = { ...here.env, PS1: '$ ' };
    screen = terminal({ columns: 100, rows: 40, command: ['bash', '--norc'], env });
    await screen.shows('$');
  });
  after(() => {
    screen.close();
    here.end();
  });

  /** Types it twice, where it is asked for; what is seen when the command has ended. */
  async function typed(first: string, second: string): Promise<string> {
    enter('clear');
    await screen.shows(/^\$\n$/);
    enter(`kato data export --cluster ${file}; echo "ended with $?"`);
    await screen.shows(/^Passphrase of the export: *$/m);
    enter(first);
    await screen.shows(/^Once more: *$/m);
    enter(second);
    return screen.shows(/^ended with \d+$/m);
  }
  function enter(line: string): void {
    screen.type(line);
    screen.press('Enter');
  }

  it('is asked for twice, and refused where the two differ', async () => {
    const seen = await typed(GOOD, 'another horse');
    assert.match(seen, /^kato: the two passphrases differ$/m);
    assert.match(seen, /^ended with 2$/m);
    assert.equal(existsSync(file), false);
  });

  it('is not shown, and opens what was saved', async () => {
    const seen = await typed(GOOD, GOOD);
    assert.match(seen, /^revision \d+ with one node is saved in /m);
    assert.doesNotMatch(seen, /horse/);
    const { secrets } = await openState(readFileSync(file, 'utf8'), GOOD);
    assert.deepEqual(secrets, { 'role/password': 'x' });
  });
});
