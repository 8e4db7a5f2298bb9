import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readlink, stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';
import { configOf, endNode, install, look, processSpec, switchTo, testNode } from './node.ts';

describe('nginx under s6', function () {
  this.timeout(60_000);
  let paths: Paths;
  let port: number;

  beforeEach(async () => {
    paths = await testNode();
    port = await freePort();
    await install(saying('one'), paths);
  });
  afterEach(() => endNode(paths));

  it('comes back when its master is killed, though its workers outlive it', async () => {
    const { pid } = await look('web', paths);
    process.kill(pid!, 'SIGKILL');
    await until(
      async () => {
        const now = await look('web', paths);
        return now.state === 'RUNNING' && now.pid !== pid && (await answer()) === 'one';
      },
      { what: 'a new nginx serves', seconds: 5 },
    );
  });

  it('takes a new config by reload, with the same master', async () => {
    const { pid } = await look('web', paths);
    const changed = saying('two');
    await switchTo(changed, paths);
    const between = await look('web', paths);
    assert.equal(between.configHash, changed.config!.hash);
    assert.equal(between.loadedHash, saying('one').config!.hash);
    await applyStep(reloadOf(changed), { paths, self: null });
    await until(async () => (await answer()) === 'two', { what: 'the new answer', seconds: 5 });
    const now = await look('web', paths);
    assert.equal(now.pid, pid);
    assert.equal(now.loadedHash, changed.config!.hash);
  });

  it('is reloaded once a second, and more slowly while many old workers have something to do', async () => {
    const msOf = async (words: string[]): Promise<number> => {
      const startedMs = performance.now();
      for (const word of words) {
        const changed = saying(word);
        await switchTo(changed, paths);
        await applyStep(reloadOf(changed), { paths, self: null });
      }
      return performance.now() - startedMs;
    };
    assert.ok((await msOf(['two', 'three'])) >= 1000);
    const sockets: Socket[] = [];
    for (let i = 0; i < 11; i++) sockets.push(await leaveGeneration());
    assert.ok(
      (await msOf(['four', 'five'])) >= 3000,
      'ten old generations are two more than usual',
    );
    for (const socket of sockets) socket.destroy();
  });

  it('is let finish its start before it is told of a new config', async () => {
    await install(startingSlowly(saying('one')), paths);
    const { pid } = await look('web', paths);
    process.kill(pid!, 'SIGKILL');
    const starting = await until(
      async () => {
        const now = await look('web', paths);
        return now.pid !== null && now.pid !== pid ? now : undefined;
      },
      { what: 'the next start is under way', seconds: 5 },
    );
    const changed = saying('two');
    await switchTo(changed, paths);
    await applyStep(reloadOf(changed), { paths, self: null });
    await until(async () => (await answer()) === 'two', { what: 'the new answer', seconds: 5 });
    assert.equal((await look('web', paths)).pid, starting.pid);
  });

  it('keeps the old config live when the new one is refused', async () => {
    const before = await look('web', paths);
    const broken = saying('two', 'listem 80;');
    await assert.rejects(switchTo(broken, paths), {
      code: 'CONFIG_REFUSED',
      why: /unknown directive "listem" in nginx.conf:/,
    });
    assert.equal(await answer(), 'one');
    const now = await look('web', paths);
    assert.deepEqual(now, before);
    await assert.rejects(stat(`${paths.config}/web/${broken.config!.hash}`), { code: 'ENOENT' });
  });

  it('says so when a reload is accepted by the check but not by the master', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', () => done()));
    const { port: other } = taken.address() as { port: number };
    const changed = saying('two', `listen 127.0.0.1:${other};`, null);
    await switchTo(changed, paths);
    await assert.rejects(applyStep(reloadOf(changed), { paths, self: null }), {
      code: 'CONFIG_REFUSED',
      why: /Address already in use/,
    });
    assert.equal((await look('web', paths)).loadedHash, saying('one').config!.hash);
    assert.equal(await answer(), 'one');
    taken.close();
  });

  it('keeps the live and the loaded config: others hold keys that may be taken back', async () => {
    for (const word of ['two', 'three', 'four', 'five', 'six']) await switchTo(saying(word), paths);
    const folders = (await readdir(`${paths.config}/web`)).filter((name) => name.length === 16);
    assert.equal(folders.length, 2);
    const loaded = await readlink(`${paths.config}/web/loaded`);
    assert.equal(loaded, saying('one').config!.hash);
    assert.ok(folders.includes(loaded));
  });

  function saying(word: string, more = '', check: string[] | null = checkArgv()): ProcessSpec {
    const text = `daemon off; pid ${paths.run}/web.pid; worker_processes 2; error_log stderr;
events {}
http { access_log off;
  server { listen 127.0.0.1:${port}; ${more} location / { return 200 ${word}; } } }
`;
    return processSpec(paths, {
      name: 'web',
      argv: ['nginx', '-e', 'stderr', '-c', `${paths.config}/web/current/nginx.conf`],
      ready: { tcp: { address: '127.0.0.1', port } },
      stop: { signal: 'QUIT', seconds: 5 },
      config: configOf({ 'nginx.conf': text }, check),
      reloadSignal: 'HUP',
      reloadConfirm: null,
      listens: [{ address: '127.0.0.1', port }],
    });
  }

  /** Begins a request and has new workers made: of the old ones, one has something to end. */
  async function leaveGeneration(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n');
    // Generations are told apart by the time between them, and nginx says nowhere that it has begun.
    await pause(400);
    process.kill((await look('web', paths)).pid!, 'SIGHUP');
    await pause(400);
    return socket;
  }

  function startingSlowly(spec: ProcessSpec): ProcessSpec {
    const argv = ['sh', '-c', 'sleep 0.5; exec "$@"', 'sh', ...spec.argv];
    return processSpec(paths, { ...spec, argv });
  }

  function checkArgv(): string[] {
    return ['nginx', '-t', '-q', '-e', 'stderr', '-c', `${'$'}{config}/nginx.conf`];
  }

  function reloadOf(spec: ProcessSpec) {
    const { hash } = spec.config!;
    return { kind: 'reload', process: spec.name, signal: 'HUP', confirm: null, hash } as const;
  }

  async function answer(): Promise<string> {
    return (await run(['curl', '-s', '-m', '2', `http://127.0.0.1:${port}/`])).stdout;
  }
});
