import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { View } from '../../../src/domain/views/view.ts';
import { witnessOf } from '../../../src/machine/apply/witness.ts';
import { within } from '../../../src/machine/s6/wait.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { freePort } from '../../support/ports.ts';
import {
  compileProcess,
  makeRoot,
  type RunningService,
  runService,
} from '../../support/service.ts';
import { until } from '../../support/until.ts';
import { testNode, testView } from '../../support/views.ts';

const run = promisify(execFile);
const ADDRESS = '127.0.46.1';

describe('a data service', () => {
  let paths: Paths;
  let service: RunningService | undefined;
  beforeEach(() => {
    paths = makeRoot();
  });
  afterEach(() => service?.stop());

  const viewOf = async (role: string): Promise<{ view: View; port: number }> => {
    const port = await freePort(ADDRESS);
    const node = testNode([role], { address: ADDRESS });
    return { view: testView([role], { node, settings: { [role]: { port } } }), port };
  };

  it('redis asks for its password and keeps what it acknowledged when it is killed', async () => {
    const { view, port } = await viewOf('redis');
    const redis = async (password: string, ...words: string[]): Promise<string> => {
      const login = password === '' ? [] : ['--no-auth-warning', '-a', password];
      const argv = ['-h', ADDRESS, '-p', String(port), ...login, ...words];
      return (await run('redis-cli', argv)).stdout.trim();
    };
    service = await runService(view, 'redis', paths);
    assert.match(await redis('', 'ping'), /^NOAUTH/);
    assert.equal(await redis('redis-password', 'set', 'k', 'kept'), 'OK');
    assert.equal((await service.end('SIGKILL')).signal, 'SIGKILL');
    service = await runService(view, 'redis', paths);
    const get = () => redis('redis-password', 'get', 'k');
    await until(async () => (await get()) === 'kept', { what: 'the key is back', seconds: 10 });
    assert.equal((await service.end()).code, 0);
  });

  it('postgresql is UTF8, asks for its password, and keeps a commit when it is killed', async () => {
    const { view, port } = await viewOf('postgresql');
    const psql = async (password: string, sql: string): Promise<string> => {
      const argv = ['-h', ADDRESS, '-p', String(port), '-U', 'postgres', '-w', '-Atc', sql];
      const env = { ...process.env, PGPASSWORD: password };
      return (await run('psql', argv, { env })).stdout.trim();
    };
    const good = (sql: string) => psql('postgresql-password', sql);
    service = await runService(view, 'postgresql', paths);
    await until(() => good('select 1'), { what: 'it answers', seconds: 20 });
    await assert.rejects(psql('wrong', 'select 1'), /password authentication failed/);
    assert.equal(await good('show server_encoding'), 'UTF8');
    await good("create table t (x text); insert into t values ('kept')");
    await service.end('SIGKILL');
    service = await runService(view, 'postgresql', paths);
    await until(async () => (await good('select x from t')) === 'kept', {
      what: 'the row is back',
      seconds: 20,
    });
    assert.equal((await service.end()).code, 0);
  });

  it('postgresql has the password of the day, whichever its data was made with', async () => {
    const { view, port } = await viewOf('postgresql');
    const answers = (password: string): Promise<string> => {
      const argv = ['-h', ADDRESS, '-p', String(port), '-U', 'postgres', '-w', '-Atc'];
      const env = { ...process.env, PGPASSWORD: password };
      return run('psql', [...argv, 'select x from t'], { env }).then(({ stdout }) => stdout.trim());
    };
    service = await runService(view, 'postgresql', paths);
    const sql = "create table t (x text); insert into t values ('kept')";
    const login = `postgresql://postgres:postgresql-password@${ADDRESS}:${port}/postgres`;
    await run('psql', [login, '-c', sql]);
    await service.end();
    const secrets = { ...viewSecrets, 'postgresql/password': 'of-the-next-cluster' };
    service = await runService(view, 'postgresql', paths, secrets);
    assert.equal(await answers('of-the-next-cluster'), 'kept');
    await assert.rejects(answers('postgresql-password'), /password authentication failed/);
    assert.equal((await service.end()).code, 0);
  });

  it('postgresql shows that it took its files, and shows nothing while one has a mistake', async () => {
    const { view } = await viewOf('postgresql');
    service = await runService(view, 'postgresql', paths);
    const { pid } = service;
    const { reloadConfirm } = await compileProcess(view, 'postgresql', paths);
    const reloads = async (): Promise<boolean> => {
      const isTaken = await witnessOf(reloadConfirm, pid);
      if (isTaken === null) return false;
      process.kill(pid, 'SIGHUP');
      return within(5000, isTaken);
    };
    assert.equal(await reloads(), true);
    const file = `${paths.config}/postgresql/current/pg_hba.conf`;
    const right = readFileSync(file, 'utf8');
    writeFileSync(file, `${right}nonsense\n`);
    assert.equal(await reloads(), false);
    writeFileSync(file, right);
    assert.equal(await reloads(), true);
    assert.equal((await service.end()).code, 0);
  });

  it('memcached stores and gives back', async () => {
    const { view, port } = await viewOf('memcached');
    service = await runService(view, 'memcached', paths);
    const socket = connect(port, ADDRESS);
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.write('set k 0 0 5\r\nvalue\r\nget k\r\n');
    const wanted = 'STORED\r\nVALUE k 0 5\r\nvalue\r\nEND\r\n';
    await until(() => text === wanted, { what: 'the value is back', seconds: 5 });
    socket.destroy();
    assert.equal((await service.end()).code, 0);
  });
});
