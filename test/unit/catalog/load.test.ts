import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../../src/catalog/load.ts';
import { KatoError } from '../../../src/domain/base/error.ts';

const HOME = join(import.meta.dirname, '../../..');

describe('the catalogue', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kato-catalogue-'));
    for (const part of ['roles', 'templates']) {
      cpSync(join(HOME, part), join(folder, part), { recursive: true });
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (file: string, text: string) => writeFileSync(join(folder, 'roles', file), text);
  const edit = (file: string, from: string, to: string) => {
    const text = readFileSync(join(folder, 'roles', file), 'utf8');
    assert.ok(text.includes(from), `${file} has ${from}`);
    write(file, text.replace(from, to));
  };
  const mistakes = (): string[] => {
    try {
      loadCatalogue(folder);
    } catch (error) {
      assert.ok(error instanceof KatoError && error.code === 'ROLE_FILE');
      return error.why?.split('\n') ?? [error.message];
    }
    return [];
  };

  it('that comes with kato is without a mistake', () => {
    const { roles, groups } = loadCatalogue(HOME);
    assert.deepEqual(groups.get('data-services'), ['memcached', 'postgresql', 'redis']);
    assert.deepEqual(roles.get('primary')?.perCluster, { min: 1, max: 1 });
    assert.deepEqual(roles.get('load_balancer')?.excludes, ['*']);
    assert.deepEqual(roles.get('redis')?.ports, [
      {
        port: 6379,
        protocol: 'tcp',
        listen: 'node',
        purpose: 'Redis clients',
        setting: 'port',
        process: 'redis',
      },
    ]);
  });

  it('has no role that is called as what kato itself keeps', () => {
    write('node.yml', 'summary: Is no role\n');
    write('cluster.yml', 'summary: Is none either\n');
    assert.deepEqual(mistakes(), [
      'roles/cluster.yml: a role cannot be called cluster',
      'roles/node.yml: a role cannot be called node',
    ]);
  });

  it('has one role that makes a node the core', () => {
    edit('primary.yml', 'core: true\n', '');
    assert.deepEqual(mistakes(), ['roles: one role is core: true, not none']);
    edit('controller.yml', 'vital: true\n', 'core: true\n');
    assert.deepEqual(mistakes(), [
      'roles/controller.yml: core: one node of a cluster has it',
      'roles/controller.yml: core: it has a setting port that is fixed',
    ]);
  });

  it('takes a new role from one file and its templates', () => {
    write('echo.yml', 'summary: Says it again\nprocesses:\n  - { name: echo, argv: [/bin/cat] }\n');
    const role = loadCatalogue(folder).roles.get('echo');
    assert.equal(role?.given, 'add');
    assert.deepEqual(role.processes[0]?.stop, { signal: 'TERM', seconds: 10 });
    assert.equal(role.processes[0].user, 'root');
  });

  it('names file, path and reason of every mistake at once', () => {
    edit('redis.yml', 'signal: TERM', 'signal: KILL');
    edit('redis.yml', 'summary:', 'sumary:');
    edit('memcached.yml', 'default: 64', 'default: [1, 2]');
    edit('router.yml', 'seconds: 15', 'seconds: 0');
    edit('controller.yml', 'ready: { tcp: ', 'ready: { command: ');
    assert.deepEqual(mistakes(), [
      'roles/controller.yml: processes/0/ready/command: "${address}:${settings.http_port}" is not Array',
      'roles/memcached.yml: settings/memory_mb/default/0: 1 is not string',
      'roles/redis.yml: summary: missing',
      'roles/redis.yml: processes/0/stop/signal: "KILL" is not ("TERM" | "INT" | "QUIT")',
      "roles/redis.yml: sumary: unknown key, did you mean 'summary'?",
      'roles/router.yml: processes/0/stop/seconds: 0 is not at least 1',
    ]);
  });

  it('tells the line of what is not YAML', () => {
    write('redis.yml', 'summary: one\nsummary: two\n');
    assert.deepEqual(mistakes(), ['roles/redis.yml: line 2: Map keys must be unique']);
  });

  it('checks roles against each other, their templates and the values they name', () => {
    edit('controller.yml', 'needs: [primary]', 'needs: [primry]');
    edit('groups.yml', 'redis]', 'reddis]');
    edit('redis.yml', 'template: redis/redis.conf', 'template: redis/other.conf');
    edit('memcached.yml', '--port=${settings.port}', '--port=${settings.prot}');
    edit('memcached.yml', 'default: 64', 'default: 4');
    edit('postgresql.yml', 'name: postgresql', 'name: redis');
    assert.deepEqual(mistakes(), [
      "roles/controller.yml: needs: there is no role 'primry', did you mean 'primary'?",
      'roles/memcached.yml: settings/memory_mb/default: memory_mb cannot be 4: it must be a whole number from 8 to 1048576',
      "roles/memcached.yml: processes/0/argv: there is no value 'settings.prot', did you mean 'settings.port'?",
      'roles/redis.yml: processes/0/files: there is no templates/redis/other.conf',
      "roles/groups.yml: data-services: there is no role 'reddis', did you mean 'redis'?",
      "roles/redis.yml: processes/0: process 'redis' is defined differently in roles/postgresql.yml",
    ]);
  });

  it('refuses a check that waits for a first run that waits for what is checked', () => {
    edit('postgresql.yml', '    files:', '    check: [test, -d, "${data}"]\n    files:');
    assert.deepEqual(mistakes(), []);
    edit('postgresql.yml', '--auth=reject', '--pwfile=${config}/password');
    assert.deepEqual(mistakes(), [
      'roles/postgresql.yml: processes/0/check: it cannot look at the data, which a first run makes out of the config',
    ]);
  });

  it('refuses names that no variable can have', () => {
    edit('primary.yml', 'KATO_BUS_CRT:', '"KATO=BUS":');
    assert.match(mistakes()[0]!, /environment\/KATO=BUS: .* is not a name of A-Z a-z 0-9 _$/);
  });
});
