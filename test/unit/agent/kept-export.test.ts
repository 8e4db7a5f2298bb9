import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { ClusterLink } from '../../../src/agent/cluster-link.ts';
import { exportKeeper } from '../../../src/agent/kept-export.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { testView } from '../../support/views.ts';

describe('the export that a node keeps', () => {
  let paths: Paths;

  beforeEach(async () => {
    paths = pathsOf(await mkdtemp('/tmp/kato-kept-'));
  });
  afterEach(() => rm(paths.root, { recursive: true }));

  /** A keeper that starts anew, as an agent does, and fetches what the cluster has. */
  const fetched = async (sealed: string, lineage: string): Promise<void> => {
    const link = { connected: true, fetchExport: async () => ({ hash: sealed, sealed }) };
    const keeper = await exportKeeper(paths, link as unknown as ClusterLink);
    const { version } = testView([]);
    const keptExport = { intervalMs: 0, key: 'k' };
    const failure = await keeper.keep({ keptExport, version: { ...version, lineage } });
    assert.equal(failure, null);
  };
  const asides = async (): Promise<string[]> => {
    const names = await readdir(paths.aside).catch(() => []);
    return Promise.all(names.sort().map((name) => readFile(`${paths.aside}/${name}`, 'utf8')));
  };

  it('is under way at once, since the revision that asked for it, until it is there', async () => {
    const answer = Promise.withResolvers<{ hash: string; sealed: string }>();
    const link = { connected: true, fetchExport: () => answer.promise };
    const keeper = await exportKeeper(paths, link as unknown as ClusterLink);
    const { version } = testView([]);
    const keptExport = { intervalMs: 0, key: 'k' };
    const keeping = keeper.keep({ keptExport, version: { ...version, revision: 7 } });
    assert.equal(keeper.underWay, 7);
    answer.resolve({ hash: 'h', sealed: 's' });
    await keeping;
    assert.equal(keeper.underWay, null);
    const again = keeper.keep({ keptExport, version: { ...version, revision: 9 } });
    assert.equal(keeper.underWay, 7, 'a later change has nothing to do with it');
    await again;
    const sealedAnew = {
      keptExport: { ...keptExport, key: 'k2' },
      version: { ...version, revision: 11 },
    };
    const other = keeper.keep(sealedAnew);
    assert.equal(keeper.underWay, 11);
    await other;
  });

  it('is the newest of one history, and of another one the last is kept beside it', async () => {
    await fetched('first', 'l1');
    await fetched('second', 'l1');
    assert.deepEqual(await asides(), []);
    await fetched('of a state that was too old', 'l2');
    assert.equal(await readFile(paths.keptExport, 'utf8'), 'of a state that was too old');
    assert.deepEqual(await asides(), ['second']);
    await fetched('and so on', 'l2');
    assert.deepEqual(await asides(), ['second']);
  });
});
