import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { mock } from 'node:test';
import { type Fetched, startTold } from '../../../src/agent/told.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { isBehind } from '../../../src/domain/views/made.ts';
import type { Made, ProvenVersion } from '../../../src/domain/views/view.ts';
import { makeFolder } from '../../../src/machine/disk/files.ts';
import {
  type Delivery,
  readLedger,
  readSeen,
  writeLedger,
  writeSeen,
} from '../../../src/machine/node/ledger.ts';
import { NOW } from '../../support/clusters.ts';
import { testView } from '../../support/views.ts';

const MINUTE_MS = 60_000;

function at(revision: number, changes: Partial<ProvenVersion> = {}): ProvenVersion {
  const hash = `h${revision}`;
  return { lineage: 'l1', epoch: 1, revision, hash, proof: `p${revision}`, ...changes };
}

function madeAt(revision: number): Made {
  const own = { lineage: 'l1', epoch: 1, revision };
  return { ...own, verdicts: 0, announced: 0, secrets: 0, time: NOW, kato: '0.2.0' };
}

function deliveryAt(revision: number): Delivery {
  const view = testView(['redis'], { version: at(revision) });
  return { hash: 'content', view, secrets: {}, made: madeAt(revision) };
}

/** What a controller answers whose content is that of the asker. */
function sameAt(revision: number, changes: Partial<ProvenVersion> = {}): Fetched {
  return { delivery: null, version: at(revision, changes), made: madeAt(revision) };
}

describe('what a node was told', () => {
  let written: number[];
  let disk: (version: ProvenVersion) => Promise<void>;
  const start = (kept: Parameters<typeof startTold>[0]) =>
    startTold(kept, (version) => disk(version));

  beforeEach(() => {
    written = [];
    disk = async ({ revision }) => {
      written.push(revision);
    };
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('is taken where news overtook the answer, unless they were of a recovery', async () => {
    const told = start({ delivery: deliveryAt(3), seen: at(3) });
    const answer = (news: ProvenVersion) =>
      told.ask(async () => {
        told.hear(news);
        return { delivery: deliveryAt(4) };
      });
    const fresh = await answer(at(5));
    assert.deepEqual([fresh?.view.version.revision, told.refused, told.seen], [4, null, at(5)]);
    assert.equal(await answer(at(1, { lineage: 'l2', epoch: 2 })), null);
    assert.equal(told.refused?.revision, 4);
  });

  it('is refused where an older state is offered', async () => {
    const told = start({ delivery: deliveryAt(3), seen: at(5) });
    const fresh = await told.ask(async () => ({ delivery: deliveryAt(4) }));
    assert.deepEqual([fresh, told.refused?.revision], [null, 4]);
  });

  it('is refused where a bus went back in time, also when the content is the same', () => {
    const told = start({ delivery: deliveryAt(3), seen: at(9) });
    for (const older of [
      sameAt(8),
      sameAt(9, { hash: 'another' }),
      sameAt(99, { lineage: 'l2' }),
    ]) {
      assert.equal(told.judge(older), 'refused');
      assert.deepEqual(told.refused, older.version, 'for the report');
      assert.deepEqual(told.seen, at(9), 'which heartbeats go on telling');
      assert.equal(told.have!.made.revision, 3, 'it is made of nothing that was refused');
    }
    assert.equal(told.judge({ delivery: deliveryAt(8) }), 'refused', 'another content, too');
    assert.equal(told.delivery!.view.version.revision, 3);
    assert.equal(told.judge(sameAt(10)), 'same');
    assert.equal(told.refused, null);
  });

  it('follows a recovery with the same content, and then nothing of before', () => {
    const told = start({ delivery: deliveryAt(3), seen: at(9) });
    const recovery = { lineage: 'l2', epoch: 2 };
    assert.equal(told.judge(sameAt(4, recovery)), 'same');
    assert.deepEqual([told.seen, told.judge(sameAt(10))], [at(4, recovery), 'refused']);
  });

  it('is not what news say that do not go on from what was heard', () => {
    const told = start({ delivery: deliveryAt(3), seen: at(9) });
    const strange = [
      at(8),
      at(9, { hash: 'another' }),
      at(99, { lineage: 'l2' }),
      at(1, { epoch: 0 }),
    ];
    for (const version of strange) told.hear(version);
    assert.deepEqual(told.seen, at(9));
    told.hear(at(10));
    assert.deepEqual([told.seen, told.have!.made.revision], [at(10), 3]);
  });

  it('is on the disk a minute after it was heard, however much that was', async () => {
    const told = start({ delivery: deliveryAt(3), seen: null });
    for (let revision = 4; revision <= 200; revision++) told.hear(at(revision));
    mock.timers.tick(MINUTE_MS - 1);
    assert.deepEqual(written, []);
    mock.timers.tick(1);
    assert.deepEqual(written, [200]);
    await Promise.resolve();
    told.hear(at(200));
    mock.timers.tick(2 * MINUTE_MS);
    assert.deepEqual(written, [200], 'and is not written twice');
    told.hear(at(201));
    mock.timers.tick(MINUTE_MS);
    assert.deepEqual(written, [200, 201]);
  });

  it('is on the disk before the agent ends, and not again where the ledger has it', async () => {
    const told = start({ delivery: deliveryAt(3), seen: null });
    told.hear(at(4));
    await told.end();
    await told.end();
    assert.deepEqual(written, [4]);
    assert.equal(told.judge({ delivery: deliveryAt(5) }), 'news');
    told.hold(deliveryAt(5));
    await told.end();
    mock.timers.tick(2 * MINUTE_MS);
    assert.deepEqual(written, [4]);
  });

  it('is tried again while the disk does not take it', async () => {
    const told = start({ delivery: deliveryAt(3), seen: null });
    const takes = disk;
    disk = () => Promise.reject(new Error('the disk is full'));
    told.hear(at(4));
    mock.timers.tick(MINUTE_MS);
    await new Promise(setImmediate);
    disk = takes;
    mock.timers.tick(MINUTE_MS);
    assert.deepEqual(written, [4]);
  });
});

describe('a node that was removed from its cluster', () => {
  it('keeps nothing more of what it hears, neither later nor at its end', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const written: number[] = [];
      const told = startTold({ delivery: deliveryAt(3), seen: null }, async ({ revision }) => {
        written.push(revision);
      });
      told.hear(at(4));
      told.forget();
      told.hear(at(5));
      mock.timers.tick(2 * MINUTE_MS);
      await told.end();
      assert.deepEqual(written, []);
    } finally {
      mock.timers.reset();
    }
  });
});

describe('a node whose content stays as it is for weeks', () => {
  let root: string;
  const paths = () => pathsOf(root);
  /** As an agent starts. */
  const boot = async () => {
    const kept = { delivery: await readLedger(paths()), seen: await readSeen(paths(), 'n1') };
    return startTold(kept, (version) => writeSeen(paths(), { nodeId: 'n1', version }));
  };

  beforeEach(async () => {
    root = await mkdtemp('/tmp/kato-told-');
    await makeFolder(paths().state, 0o700);
    await writeLedger(paths(), deliveryAt(3));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('is neither behind nor refused', async () => {
    await writeSeen(paths(), { nodeId: 'n1', version: at(5000) });
    const told = await boot();
    assert.equal(told.judge(sameAt(5000)), 'same');
    told.hear(at(5001));
    assert.equal(told.judge(sameAt(5001)), 'same');
    assert.equal(told.refused, null);
    assert.equal(isBehind(told.have!.made, madeAt(5001)), false);
    assert.equal(told.delivery!.view.version.revision, 3);
    await told.end();
  });

  it('believes no older bus after a power cut than what it kept of what it heard', async () => {
    await (async () => {
      const told = await boot();
      told.hear(at(5000));
      await told.end();
      // This one is lost with the power.
      told.hear(at(5001));
    })();
    const told = await boot();
    assert.deepEqual(told.seen, at(5000));
    assert.equal(told.judge(sameAt(4999)), 'refused');
    assert.equal(told.judge(sameAt(5000)), 'same');
  });

  it('knows nothing of what the machine heard as another node, perhaps of another cluster', async () => {
    await writeSeen(paths(), { nodeId: 'n0', version: { ...at(9), lineage: 'of others' } });
    const told = await boot();
    assert.deepEqual(told.seen, at(3));
    assert.equal(told.judge(sameAt(4)), 'same');
    await told.end();
  });

  it('goes by its ledger where what it heard is older', async () => {
    await writeSeen(paths(), { nodeId: 'n1', version: at(2) });
    assert.deepEqual((await boot()).seen, at(3));
  });

  it('believes nothing that is damaged of what it heard, wherever a bit is another', async () => {
    const seen = { nodeId: 'n1', version: at(5000) };
    await writeSeen(paths(), seen);
    const file = `${paths().state}/seen.json`;
    const bytes = await readFile(file);
    let refusals = 0;
    for (let i = 0; i < bytes.length - 1; i++) {
      const flipped = Buffer.from(bytes);
      flipped[i]! ^= 1 << (i % 8);
      for (const damaged of [flipped, bytes.subarray(0, i)]) {
        await writeFile(file, damaged);
        const believed = await readSeen(paths(), 'n1');
        // A digest under another name damages nothing of what counts.
        if (believed !== null) assert.deepEqual(believed, seen.version, `${damaged}`);
        else refusals++;
      }
    }
    assert.ok(refusals >= 2 * bytes.length - 10, `${refusals}`);
  });
});
