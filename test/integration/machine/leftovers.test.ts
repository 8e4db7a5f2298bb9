import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import { lockFile } from '../../../src/domain/making/s6/service-folder.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { run } from '../../../src/machine/command.ts';
import { catalogue } from '../../support/clusters.ts';
import { freePort } from '../../support/ports.ts';
import { compileProcess } from '../../support/service.ts';
import { until } from '../../support/until.ts';
import { testNode as nodeOf, testView } from '../../support/views.ts';
import { endNode, install, isGone, look, onePass, processSpec, testNode } from './node.ts';

/** Starts a child in a session of its own, as the backends of a database are, and says which. */
const PARENT = 'setsid sh -c \'echo "$$" >"$0"; exec sleep 600\' "$0" & wait';

describe('what a process leaves behind when it is killed', function () {
  this.timeout(120_000);
  let paths: Paths;
  let file: string;

  beforeEach(async () => {
    paths = await testNode();
    await run(['chmod', '0755', paths.root]);
    file = `${paths.run}/child`;
  });
  afterEach(() => endNode(paths));

  const pidIn = async (name: string): Promise<number> => Number(await readFile(name, 'utf8'));
  const isBack = async (spec: ProcessSpec, before: number): Promise<boolean> => {
    const { state, pid } = await look(spec.name, paths);
    return state === 'RUNNING' && pid !== before;
  };
  const parent = (given: Partial<ProcessSpec> = {}): ProcessSpec =>
    processSpec(paths, { name: 'parent', argv: ['sh', '-c', PARENT, file], ...given });
  const started = async (spec: ProcessSpec): Promise<{ leader: number; child: number }> => {
    await install(spec, paths);
    const child = await until(() => pidIn(file).catch(() => 0), { what: 'a child', seconds: 5 });
    return { leader: (await look(spec.name, paths)).pid!, child };
  };

  it('is ended before it starts anew: postgresql serves again, though a query went on', async () => {
    const address = '127.0.46.3';
    const port = await freePort(address);
    const node = nodeOf(['postgresql'], { address });
    const view = testView(['postgresql'], { node, settings: { postgresql: { port } } });
    const spec = await compileProcess(view, 'postgresql', paths);
    assert.deepEqual(await onePass([spec], paths), []);
    const login = `postgresql://postgres:postgresql-password@${address}:${port}/postgres`;
    const psql = async (sql: string): Promise<string> =>
      (await run(['psql', '-Atc', sql, login])).stdout.trim();
    await psql("create table t (x text); insert into t values ('kept')");
    // Looks at nothing but itself: it does not notice that the server has gone.
    const query = spawn('psql', ['-c', 'do $$ begin loop end loop; end $$', login]);
    try {
      const sql = "select pid from pg_stat_activity where query like 'do $$%'";
      const backend = Number(await until(() => psql(sql), { what: 'a query', seconds: 10 }));
      const { pid } = await look('postgresql', paths);
      process.kill(pid!, 'SIGKILL');
      await until(() => isBack(spec, pid!), { what: 'it serves again', seconds: 30 });
      assert.ok(await isGone(backend));
      assert.equal(await psql('select x from t'), 'kept');
    } finally {
      query.kill();
    }
  });

  for (const [role, { processes }] of catalogue.roles) {
    for (const { name } of processes) {
      it(`is ended for every role: ${name} of ${role}`, async () => {
        const own = await compileProcess(testView([role]), name, paths);
        // As whoever it runs, it tells in the file which child it has.
        await run(['install', '-m', '0666', '/dev/null', file]);
        const argv = ['sh', '-c', PARENT, file];
        const bare = { ready: null, listens: [], config: null, dataFolder: null };
        const spec = processSpec(paths, { ...own, ...bare, argv });
        const { leader, child } = await started(spec);
        process.kill(leader, 'SIGKILL');
        await until(() => isBack(spec, leader), { what: 'a new one', seconds: 10 });
        assert.ok(await isGone(child));
      });
    }
  }

  it('is ended in whichever session it is', async () => {
    const spec = parent();
    const { leader, child } = await started(spec);
    process.kill(leader, 'SIGKILL');
    await until(() => isBack(spec, leader), { what: 'a new one', seconds: 10 });
    assert.ok(await isGone(child));
  });

  it('is ended also when its supervisor was killed with it', async () => {
    const spec = parent();
    const { leader, child } = await started(spec);
    const { stdout } = await run(['ps', '-o', 'ppid=', '-p', `${leader}`]);
    process.kill(Number(stdout), 'SIGKILL');
    process.kill(leader, 'SIGKILL');
    await until(() => isBack(spec, leader), { what: 'a new one', seconds: 10 });
    assert.ok(await isGone(child));
  });

  it('is nobody else who has its lock file open, or was handed it', async () => {
    const spec = parent();
    const { leader } = await started(spec);
    const lock = lockFile(spec.name, paths);
    const stranger = spawn('sh', ['-c', 'exec 9<"$0" && echo opened && exec sleep 600', lock]);
    await once(stranger.stdout, 'data');
    try {
      process.kill(leader, 'SIGKILL');
      await until(() => isBack(spec, leader), { what: 'a new one', seconds: 10 });
      assert.equal(await isGone(stranger.pid!), false);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('goes on where it may: what the agent has begun is not cut off', async () => {
    const spec = parent({ sparesStarted: true });
    const { leader, child } = await started(spec);
    try {
      process.kill(leader, 'SIGKILL');
      await until(() => isBack(spec, leader), { what: 'a new one', seconds: 10 });
      assert.equal(await isGone(child), false);
    } finally {
      process.kill(child, 'SIGKILL');
    }
    const isNew = async (): Promise<number> => {
      const pid = await pidIn(file);
      return pid === child ? 0 : pid;
    };
    const second = await until(isNew, { what: 'a child of the new one', seconds: 5 });
    process.kill(second, 'SIGKILL');
  });
});
