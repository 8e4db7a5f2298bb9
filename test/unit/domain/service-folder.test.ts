import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { serviceFolder } from '../../../src/domain/making/s6/service-folder.ts';
import type { ProcessSpec, ServiceFolder } from '../../../src/domain/making/spec.ts';
import { PLAIN_PROCESS } from '../../support/specs.ts';

const GOLDEN = new URL('golden/service-folder/', import.meta.url);
const paths = pathsOf('/');

const redis: Omit<ProcessSpec, 'service'> = {
  ...PLAIN_PROCESS,
  name: 'redis',
  user: 'redis',
  argv: ['/usr/bin/redis-server', '/var/lib/kato/config/redis/current/redis.conf'],
  ready: { tcp: { address: '10.0.0.5', port: 6379 } },
  dataFolder: '/var/lib/kato/data/redis',
  config: { hash: '0123456789abcdef', files: [], check: null },
};

const nginx: Omit<ProcessSpec, 'service'> = {
  ...PLAIN_PROCESS,
  name: 'router',
  argv: ['/usr/sbin/nginx', '-c', '/var/lib/kato/config/router/current/nginx.conf', '-e', 'stderr'],
  ready: { tcp: { address: '10.0.0.5', port: 80 } },
  stop: { signal: 'QUIT', seconds: 15 },
  config: { hash: '0123456789abcdef', files: [], check: null },
  reloadSignal: 'HUP',
  reloadConfirm: null,
};

const agent: Omit<ProcessSpec, 'service'> = {
  ...PLAIN_PROCESS,
  name: 'agent',
  argv: ['/opt/kato/bin/kato', 'internal', 'agent'],
  environment: { KATO_ROOT: '/', GREETING: 'a "word", a \\ and $HOME' },
  ready: { command: ['test', '-S', '/run/kato/agent.sock'] },
  sparesStarted: true,
};

/** All files as one text for people to review. */
function shown(folder: ServiceFolder): string {
  return Object.entries(folder.files)
    .map(([path, { mode, content }]) => `==> ${path} ${mode.toString(8)}\n${content}`)
    .join('\n');
}

describe('the service folder of a process', () => {
  for (const spec of [redis, nginx, agent]) {
    it(`of ${spec.name} is as reviewed`, () => {
      const text = shown(serviceFolder(spec, paths));
      const file = new URL(`${spec.name}.txt`, GOLDEN);
      if (process.env.UPDATE_GOLDEN !== undefined) {
        mkdirSync(GOLDEN, { recursive: true });
        writeFileSync(file, text);
      }
      assert.equal(text, readFileSync(file, 'utf8'));
    });
  }

  it('has one hash while nothing in it changes, and another when a byte does', () => {
    const { hash } = serviceFolder(redis, paths);
    assert.equal(serviceFolder({ ...redis, up: false, restarts: 9 }, paths).hash, hash);
    assert.notEqual(serviceFolder({ ...redis, argv: [...redis.argv, '-v'] }, paths).hash, hash);
    assert.notEqual(serviceFolder({ ...redis, sparesStarted: true }, paths).hash, hash);
  });

  it('refuses a word that no program can be given', () => {
    assert.throws(() => serviceFolder({ ...redis, argv: ['a\0b'] }, paths), { code: 'BAD_VALUE' });
  });
});
