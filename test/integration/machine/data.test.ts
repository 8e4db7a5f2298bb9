import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { bootSupervision } from '../../../src/machine/s6/supervision.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import { isGone, look, onePass, powerCut } from './node.ts';
import { type DataNode, dataNode, ROWS } from './volume.ts';

describe('the data of a process', function () {
  this.timeout(60_000);
  let node: DataNode;
  let paths: Paths;
  let folder: string;
  let database: ProcessSpec;
  let store: ProcessSpec;

  beforeEach(async () => {
    node = await dataNode();
    ({ paths, folder, database, store } = node);
  });
  afterEach(() => node.end());

  const pass = (spec: ProcessSpec) => onePass([spec], paths);
  const runs = () =>
    until(async () => (await look('db', paths)).state === 'RUNNING', {
      what: 'it runs again',
      seconds: 10,
    });
  const waits = async () => {
    const log = () => readFile(`${paths.log}/db/current`, 'utf8');
    await until(async () => (await log()).includes('waiting for the data'), {
      what: 'it waits for its data',
      seconds: 10,
    });
    assert.equal((await look('db', paths)).state, 'STARTING');
  };

  for (const how of ['link', 'mount'] as const) {
    for (const kind of ['database', 'store'] as const) {
      it(`is back after a boot without its volume: a ${kind} on a ${how}`, async function () {
        const { come, go } = node.volumes[how];
        const spec = node[kind];
        await come().catch(() => this.skip());
        assert.deepEqual(await pass(spec), []);
        await powerCut(paths);
        await go();
        await bootSupervision(paths);
        await waits();
        assert.deepEqual(await node.codes(spec), ['DATA_MISSING']);
        assert.deepEqual(await node.codes(spec), ['DATA_MISSING']);
        assert.deepEqual(await readdir(folder).catch(() => []), [], 'nothing was made meanwhile');

        await come();
        await runs();
        assert.deepEqual(await pass(spec), []);
        const file = `${folder}/${spec === store ? 'rows' : ROWS}`;
        const rows = `${spec === store ? '' : 'first\n'}started\nstarted\n`;
        await until(async () => (await readFile(file, 'utf8')) === rows, {
          what: 'it has its rows and goes on with them',
          seconds: 5,
        });
      });
    }
  }

  it('of another volume is not touched, and nothing runs on it', async () => {
    await node.volumes.link.come();
    await pass(database);
    const { pid } = await look('db', paths);
    const other = `${paths.root}/other`;
    await mkdir(other);
    await writeFile(`${other}/.kato-data`, '{"id":"of-another-node","secrets":null}\n');
    await rm(folder);
    await symlink(other, folder);
    assert.deepEqual(await node.codes(database), ['DATA_MISSING']);
    assert.ok(await isGone(pid!));
    await powerCut(paths);
    await bootSupervision(paths);
    assert.deepEqual(await node.codes(database), ['DATA_MISSING']);
    assert.deepEqual(await readdir(other), ['.kato-data']);
    await rm(folder);
    await node.volumes.link.come();
    assert.deepEqual(await pass(database), []);
    await runs();
  });

  it('that was never there is not begun on a link that leads nowhere', async () => {
    await symlink(`${paths.root}/nothing`, folder);
    for (const spec of [database, store]) {
      assert.deepEqual(await node.codes(spec), ['DATA_MISSING']);
      assert.deepEqual(await readdir(paths.data), ['db']);
    }
    await mkdir(`${paths.root}/nothing`);
    assert.deepEqual(await pass(database), []);
  });

  const inTheWay: { listed: string; come(): Promise<unknown>; go(): Promise<unknown> }[] = [
    {
      listed: 'domain/making/data-state.ts: mount its volume, or remove the link',
      come: () => symlink(`${paths.root}/nothing`, folder),
      go: () => rm(folder),
    },
    {
      listed: 'domain/making/data-state.ts: move it away',
      come: () => writeFile(folder, 'mine'),
      go: () => rename(folder, `${paths.root}/mine`),
    },
    {
      listed: 'domain/making/data-state.ts: move them away, or give it a folder of its own',
      come: async () => {
        await mkdir(folder);
        await writeFile(`${folder}/mine`, 'mine');
      },
      go: () => rename(`${folder}/mine`, `${paths.root}/mine`),
    },
    {
      listed: 'domain/making/data-state.ts: mount its volume again: see dmesg',
      come: async () => {
        // What it shows is gone with the process, and each look into it fails.
        const gone = spawn('sleep', ['infinity']);
        await mkdir(folder);
        await run(['mount', '--bind', `/proc/${gone.pid}`, folder]);
        gone.kill('SIGKILL');
        await until(() => isGone(gone.pid!), { what: 'it is gone', seconds: 5 });
      },
      go: async () => {
        await run(['umount', folder]);
        await node.volumes.mount.come();
      },
    },
  ];
  for (const { listed, come, go } of inTheWay) {
    it(`is begun once what the place holds is dealt with: ${listed.split(': ')[1]}`, async () => {
      await come();
      const [failure, ...others] = await pass(database);
      assert.deepEqual(others, []);
      hint(failure?.next, listed);
      await go();
      assert.deepEqual(await pass(database), []);
      assert.match(await readFile(`${folder}/${ROWS}`, 'utf8'), /^first\n/);
    });
  }

  it('has a mark that no program can make a trap of', async () => {
    await pass(database);
    const mark = `${folder}/.kato-data`;
    const traps = [
      ['mkfifo', mark],
      ['ln', '-s', '/dev/zero', mark],
      ['ln', '-s', `${paths.made}/db.json`, mark],
      ['mkdir', mark],
      ['truncate', '-s', '10G', mark],
    ];
    const kept = await readFile(mark);
    for (const trap of traps) {
      await rm(mark, { recursive: true });
      await run(trap);
      assert.deepEqual(await node.codes(database), ['DATA_MISSING'], trap[0]);
    }
    await rm(mark);
    await writeFile(mark, kept);
    assert.deepEqual(await pass(database), []);
  });

  it('that a person brought back is taken when its record is deleted', async () => {
    await pass(database);
    await applyStep({ kind: 'stop', process: 'db', seconds: 5 }, { paths, self: null });
    await rm(`${folder}/.kato-data`);
    const [failure] = await pass(database);
    const { values } = hint(
      failure?.next,
      'domain/making/data-state.ts: mount the right volume; to go on with what is there: rm ${recordFile}',
    );
    await run(['rm', values[0]!]);
    assert.deepEqual(await pass(database), []);
    assert.match(await readFile(`${folder}/${ROWS}`, 'utf8'), /^first\n/);
  });

  it('as 0.1.0 left it is adopted while it is in use, with what it knew of the secrets', async () => {
    const spec = { ...database, setSecrets: { argv: ['false'], hash: 'known' } };
    await pass(database);
    const { pid } = await look('db', paths);
    await asBefore(paths, database);
    await writeFile(`${paths.data}/.db.secrets`, 'known');
    assert.deepEqual(await pass(spec), []);
    const now = await look('db', paths);
    assert.equal(now.pid, pid, 'it was not restarted');
    assert.equal(now.serviceHash, database.service.hash);
    assert.match(await readFile(`${folder}/.kato-data`, 'utf8'), /"secrets":"known"/);
    assert.deepEqual(await readdir(paths.data), ['db']);
    await powerCut(paths);
    await bootSupervision(paths);
    await runs();
  });

  it('as 0.1.0 left it is missed, too, when its volume is not there at the update', async () => {
    await node.volumes.link.come();
    await pass(store);
    await powerCut(paths);
    await asBefore(paths, store);
    await node.volumes.link.go();
    await bootSupervision(paths);
    assert.deepEqual(await node.codes(store), ['DATA_MISSING']);
    await node.volumes.link.come();
    assert.deepEqual(await pass(store), []);
    assert.match(await readFile(`${folder}/rows`, 'utf8'), /^started\n/);
  });
});

/** The same node as 0.1.0 made it: no mark, no record, a run script that waits for nothing. */
async function asBefore(paths: Paths, { name, dataFolder, service }: ProcessSpec): Promise<void> {
  await rm(`${dataFolder}/.kato-data`);
  await rm(paths.made, { recursive: true });
  const folder = `${paths.service}/${name}`;
  await rm(`${folder}/await-data`);
  const text = service.files.run!.content.replace('./await-data\n', '');
  await writeFile(`${folder}/run`, text);
}
