import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { run } from '../../../src/machine/command.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import { configOf, dataOf, look, onePass } from './node.ts';
import { BASE, type DataNode, dataNode, INITIALIZE, ROWS } from './volume.ts';

const MARK = '.db.initializing';

describe('a first run that breaks off', function () {
  this.timeout(60_000);
  let node: DataNode;
  let database: ProcessSpec;
  beforeEach(async () => {
    node = await dataNode();
    database = node.database;
  });
  afterEach(() => node.end());

  const pass = (spec = database) => onePass([spec], node.paths);
  const rows = () => readFile(`${node.folder}/${ROWS}`, 'utf8');
  /** Names beside the folder. */
  const beside = async () => (await readdir(node.paths.data)).filter((name) => name !== 'db');
  const withFirstRun = (script: string): ProcessSpec => {
    const initialize = { ...database.initialize!, argv: ['sh', '-c', script] };
    return { ...database, initialize };
  };
  const failing = (): ProcessSpec => {
    const half = `${INITIALIZE} && echo half >${BASE}/half && exit 9`;
    return withFirstRun(half);
  };

  it('is made again from the beginning, and what it left is kept beside', async () => {
    assert.equal((await pass(failing()))[0]?.code, 'FAILED');
    assert.deepEqual(await beside(), [MARK]);
    assert.deepEqual(await pass(), []);
    assert.match(await rows(), /^first\n/);
    const [aside, ...others] = await beside();
    assert.deepEqual(others, []);
    assert.equal(await readFile(`${node.paths.data}/${aside}/${BASE}/half`, 'utf8'), 'half\n');
  });

  it('under a role file that names another mark than it makes goes on when that is corrected', async () => {
    const initialize = { ...database.initialize!, marker: 'none' };
    const [failure] = await pass({ ...database, initialize });
    hint(failure?.next, 'machine/apply/data.ts: correct initialize.marker in the role file');
    assert.deepEqual(await pass(), []);
    assert.match(await rows(), /^first\n/);
  });

  it('comes before the check of a config that looks at the data', async () => {
    const check = ['grep', '-q', 'first', `${node.folder}/${ROWS}`];
    assert.deepEqual(
      await pass({ ...database, config: configOf({ 'db.conf': 'x\n' }, check) }),
      [],
    );
    assert.match(await rows(), /^first\n/);
  });

  it('comes after the config that it reads', async () => {
    const reading = withFirstRun(
      `${INITIALIZE} && cat ${node.paths.config}/db/current/db.conf >>${ROWS}`,
    );
    const initialize = { ...reading.initialize!, readsConfig: true };
    const config = configOf({ 'db.conf': 'of the config\n' }, ['true']);
    assert.deepEqual(await pass({ ...reading, initialize, config }), []);
    assert.match(await rows(), /^first\nof the config\n/);
  });

  it('again and again fills no disk with what it leaves', async () => {
    for (let times = 0; times < 6; times++) await pass(failing());
    const [failure] = await pass();
    assert.match(failure?.message ?? '', /broke off 4 times/);
    hint(failure?.next, 'machine/apply/data.ts: find out why; then delete those, and kato goes on');
    assert.match(failure?.why ?? '', /\/db\.broken-\*$/);
    const aside = (await beside()).filter((name) => name !== MARK);
    assert.equal(aside.length, 3);
    for (const name of aside) await rm(`${node.paths.data}/${name}`, { recursive: true });
    assert.deepEqual(await pass(), []);
  });

  it('by the end of its agent is waited for, and never runs beside a second one', async () => {
    const { marker } = database.initialize!;
    const gate = `${node.paths.run}/gate`;
    await run(['mkfifo', '-m', '666', gate]);
    const slow = ['sh', '-c', `${INITIALIZE}; read -r _ <${gate}; rm -rf ${node.folder}/*`];
    const step = { ...dataOf(database), kind: 'initialize', argv: slow, marker };
    await mkdir(node.folder);
    await run(['chown', 'redis:', node.folder]);
    const agent = spawn(process.execPath, ['-e', APPLY, JSON.stringify([step, node.paths])]);
    await until(rows, { what: 'it is in the middle', seconds: 10 });
    agent.kill('SIGKILL');

    const [failure] = await pass();
    assert.equal(failure?.message, 'the data of db is in use');
    hint(failure?.next, 'machine/apply/data.ts: it is tried again');
    await writeFile(gate, 'go\n');
    await until(async () => (await pass()).length === 0, { what: 'it is made', seconds: 10 });
    assert.match(await rows(), /^first\n/);
    assert.equal((await look('db', node.paths)).state, 'RUNNING');
  });

  it('for want of space leaves what it left, and is made when there is some', async function () {
    const { paths, folder } = node;
    const disk = ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', paths.data];
    await run(['mount', ...disk]).catch(() => this.skip());
    try {
      const fill = `head -c 1000000 /dev/zero >${BASE}/more`;
      const large = withFirstRun(`${INITIALIZE} && ${fill}`);
      assert.equal((await pass(large))[0]?.code, 'FAILED');
      assert.match(await rows(), /^first\n/);
      await run(['mount', '-o', 'remount,size=4m', paths.data]);
      assert.deepEqual(await pass(), []);
      assert.deepEqual((await readdir(folder)).sort(), ['.kato-data', BASE]);
      assert.equal((await beside()).length, 1);
    } finally {
      await node.codes({ ...database, up: false });
      await run(['umount', '-l', paths.data]);
    }
  });

  it('on a volume that is mounted is left to a person, who is told what to do', async function () {
    const { volumes } = node;
    await volumes.mount.come().catch(() => this.skip());
    await pass(failing());
    const [failure] = await pass();
    assert.match(failure?.why ?? '', /mount point/);
    assert.match(await rows(), /^first\n/);
    const { text } = hint(
      failure?.next,
      'machine/apply/data.ts: look at it; if it is not needed: find ${real} -xdev -mindepth 1 -delete',
    );
    await run(['sh', '-c', text.slice(text.indexOf('find'))]);
    assert.deepEqual(await pass(), []);
  });

  it('on a volume that a link leads to is made again there', async () => {
    const { paths, volumes } = node;
    await volumes.link.come();
    await pass(failing());
    assert.deepEqual(await pass(), []);
    assert.match(await rows(), /^first\n/);
    const names = await readdir(paths.root);
    assert.equal(names.filter((name) => name.startsWith('volume.broken-')).length, 1);
  });

  it('while another volume comes in its place does not touch that one', async function () {
    const { volume, volumes, folder } = node;
    await pass(failing());
    await mkdir(`${volume}/${BASE}`);
    await writeFile(`${volume}/${ROWS}`, 'precious\n');
    await volumes.mount.come().catch(() => this.skip());
    const [failure] = await pass();
    assert.equal(failure?.code, 'DATA_MISSING');
    assert.equal(await rows(), 'precious\n');
    const { values } = hint(
      failure?.next,
      'domain/making/data-state.ts: if it is good: rm ${firstRunFile}; if not, move it out of ${folder}',
    );
    await run(['rm', values[0]!]);
    await run(['chown', '-R', 'redis:', folder]);
    assert.deepEqual(await pass(), []);
    await until(async () => (await rows()) === 'precious\nstarted\n', {
      what: 'it goes on with what is there',
      seconds: 5,
    });
  });

  for (const [what, marker] of [
    ['without its marker is moved aside', false],
    ['with its marker is refused', true],
  ] as const) {
    it(`under 0.1.0, which did not say where, ${what}`, async () => {
      const { folder, paths } = node;
      await mkdir(`${folder}/${BASE}`, { recursive: true });
      await writeFile(`${folder}/${marker ? ROWS : 'half'}`, 'precious\n');
      await writeFile(`${paths.data}/${MARK}`, '');
      if (marker) {
        assert.deepEqual(await node.codes(database), ['DATA_MISSING']);
        assert.equal(await rows(), 'precious\n');
        return;
      }
      await run(['chown', '-R', 'redis:', folder]);
      assert.deepEqual(await pass(), []);
      const [aside] = await beside();
      assert.equal(await readFile(`${paths.data}/${aside}/half`, 'utf8'), 'precious\n');
    });
  }
});

/** An agent that does one step. */
const APPLY = `
const [step, paths] = JSON.parse(process.argv[1]);
const { applyStep } = await import('${import.meta.dirname}/../../../src/machine/apply/apply.ts');
await applyStep(step, { paths, self: null });
`;
