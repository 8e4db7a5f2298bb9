import assert from 'node:assert/strict';
import { type Block, statusBlocks } from '../../../src/cli/render/status.ts';
import { fitted } from '../../../src/cli/render/text/fit.ts';
import { PLAIN } from '../../../src/cli/render/text/style.ts';
import { SHOWN_STATUS } from '../../support/shown.ts';

const block = (text: string, what?: NonNullable<Block['shows']>['what'], count = 1): Block => ({
  lines: text.split('\n'),
  ...(what === undefined ? {} : { shows: { what, count } }),
});

const BLOCKS = [
  block('! one is dead', 'warning'),
  block('\ncluster'),
  block('one', 'node'),
  block('two\n    redis', 'node'),
  block('three', 'node'),
  block(''),
  block('routers', 'pool'),
  block('\nnobody has redis, memcached', 'role that no node has', 2),
];

const shown = (rows: number, columns = 80): string[] =>
  fitted(BLOCKS, { rows, columns }, PLAIN, columns);

describe('a status that is higher than the terminal', () => {
  it('is shown whole where it just fits', () => {
    const all = BLOCKS.flatMap(({ lines }) => lines);
    assert.deepEqual(shown(all.length), all);
  });

  it('says in its last line how much of what is left out', () => {
    assert.deepEqual(shown(5), [
      '! one is dead',
      '',
      'cluster',
      'one',
      '... 2 more nodes, 1 more pool, 2 more roles that no node has',
    ]);
    assert.equal(shown(8).at(-1), '... 1 more pool, 2 more roles that no node has');
  });

  it('has never more rows than there are, whatever their number', () => {
    for (let rows = 1; rows < 20; rows++) assert.ok(shown(rows).length <= rows, `${rows} rows`);
  });

  it('counts a line that the terminal breaks as the rows that it takes', () => {
    const long = block('x'.repeat(50), 'node');
    const lines = fitted([block('top'), long, long], { rows: 5, columns: 20 }, PLAIN, 40);
    assert.deepEqual(lines, ['top', 'x'.repeat(50), '... 1 more node']);
  });

  it('keeps warnings before nodes, and counts both', () => {
    const warnings = Array.from({ length: 9 }, (_, i) => ({
      code: 'NODE_DEAD' as const,
      message: `h${i} is dead`,
    }));
    const blocks = statusBlocks({ ...SHOWN_STATUS, warnings }, PLAIN, 80);
    assert.deepEqual(fitted(blocks, { rows: 3, columns: 80 }, PLAIN, 80), [
      '! h0 is dead',
      '! h1 is dead',
      '... 7 more warnings, 5 more nodes, 3 more pools',
    ]);
  });
});
