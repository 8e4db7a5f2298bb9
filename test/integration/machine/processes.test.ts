import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Paths } from '../../../src/domain/making/paths.ts';
import { planNode } from '../../../src/domain/making/plan.ts';
import type { ProcessSpec, Spec } from '../../../src/domain/making/spec.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { observe } from '../../../src/machine/observe.ts';
import { shutdownSupervision } from '../../../src/machine/s6/shutdown.ts';
import {
  bootId,
  bootSupervision,
  supervisionRunning,
} from '../../../src/machine/s6/supervision.ts';
import { watchProcesses } from '../../../src/machine/s6/watch.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';
import { endNode, install, isGone, look, powerCut, processSpec, testNode } from './node.ts';

describe('processes under s6', function () {
  this.timeout(60_000);
  let paths: Paths;
  let port: number;
  let redis: ProcessSpec;

  beforeEach(async () => {
    paths = await testNode();
    port = await freePort();
    const folder = `${paths.data}/redis`;
    await run(['chmod', '0755', paths.root]);
    redis = processSpec(paths, {
      name: 'redis',
      user: 'redis',
      argv: ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder],
      ready: { tcp: { address: '127.0.0.1', port } },
      dataFolder: folder,
      listens: [{ address: '127.0.0.1', port }],
    });
  });
  afterEach(() => endNode(paths));

  it('starts one, as its own user, and says that it runs', async () => {
    await install(redis, paths);
    const now = await look('redis', paths);
    assert.equal(now.state, 'RUNNING');
    assert.equal(now.serviceHash, redis.service.hash);
    const { stdout } = await run(['ps', '-o', 'user=', '-p', `${now.pid}`]);
    assert.equal(stdout.trim(), 'redis');
    assert.ok(Math.abs(Date.now() - Date.parse(now.since)) < 60_000, now.since);
    await until(
      async () =>
        (await readFile(`${paths.log}/redis/current`, 'utf8')).includes('Ready to accept'),
      { what: 'its output is in its log', seconds: 5 },
    );
  });

  it('gives one whatever environment its role says, and finds its own programs all the same', async () => {
    const environment = { PATH: '/nowhere', LD_LIBRARY_PATH: '/nowhere', LATER: 'a "word"' };
    const argv = ['/bin/sh', '-c', 'echo "$PATH, $LD_LIBRARY_PATH, $LATER"; exec /bin/sleep 99'];
    const told = processSpec(paths, { name: 'told', user: 'redis', argv, environment });
    await install(told, paths);
    await until(
      async () =>
        (await readFile(`${paths.log}/told/current`, 'utf8')).includes(
          '/nowhere, /nowhere, a "word"',
        ),
      { what: 'it has its environment', seconds: 5 },
    );
  });

  it('restarts it for new files, also when the agent ended between the two steps', async () => {
    await install(redis, paths);
    const before = await look('redis', paths);
    const changed = processSpec(paths, { ...redis, argv: [...redis.argv, '--loglevel', 'debug'] });
    const spec: Spec = {
      version: { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1' },
      node: 'here',
      processes: [changed],
      broken: [],
      serving: [],
      purge: [],
    };
    const plan = async () => planNode(spec, await observe(paths, spec.processes));
    const [write] = await plan();
    await applyStep(write!, { paths, self: null });
    const rest = await plan();
    assert.deepEqual(
      rest.map((step) => step.kind),
      ['write-service', 'restart'],
    );
    for (const step of rest) await applyStep(step, { paths, self: null });
    assert.deepEqual(await plan(), []);
    assert.notEqual((await look('redis', paths)).pid, before.pid);
  });

  it('has it back after SIGKILL', async () => {
    await install(redis, paths);
    const { pid } = await look('redis', paths);
    process.kill(pid!, 'SIGKILL');
    await until(
      async () => {
        const now = await look('redis', paths);
        return now.state === 'RUNNING' && now.pid !== pid;
      },
      { what: 'a new redis runs', seconds: 5 },
    );
  });

  it('never has two, not even when its supervisor is killed', async () => {
    await install(redis, paths);
    const { pid } = await look('redis', paths);
    const { stdout } = await run(['ps', '-o', 'ppid=', '-p', `${pid}`]);
    process.kill(Number(stdout), 'SIGKILL');
    const now = await until(
      async () => {
        const now = await look('redis', paths);
        return now.state === 'RUNNING' && now.pid !== pid ? now : null;
      },
      { what: 'a supervised redis runs', seconds: 10 },
    );
    const listening = await run(['ss', '-Hltnp', `sport = :${port}`]);
    assert.match(listening.stdout, new RegExp(`pid=${now.pid},`));
    assert.doesNotMatch(listening.stdout, new RegExp(`pid=${pid},`));
  });

  it('brings up after a power cut exactly what was up', async () => {
    const idle = processSpec(paths, { name: 'idle', argv: ['sleep', 'infinity'] });
    await install(redis, paths);
    await install(idle, paths);
    await applyStep({ kind: 'stop', process: 'idle', seconds: 5 }, { paths, self: null });
    const before = await bootId(paths);
    await powerCut(paths);
    assert.notEqual(await bootSupervision(paths), before);
    await until(async () => (await look('redis', paths)).state === 'RUNNING', {
      what: 'redis is back',
      seconds: 10,
    });
    const { state, wantedUp } = await look('idle', paths);
    assert.deepEqual({ state, wantedUp }, { state: 'STOPPED', wantedUp: false });
  });

  it('stops one that ignores its stop signal', async () => {
    const argv = ['sh', '-c', 'trap "" TERM; while :; do sleep 60; done'];
    const stop = { signal: 'TERM', seconds: 1 };
    await install(processSpec(paths, { name: 'stubborn', argv, stop }), paths);
    await applyStep({ kind: 'stop', process: 'stubborn', seconds: 1 }, { paths, self: null });
    assert.equal((await look('stubborn', paths)).state, 'STOPPED');
  });

  it('calls one FATAL that keeps dying, and tells its last words', async () => {
    const argv = ['sh', '-c', 'echo "no flux capacitor"; exit 1'];
    await assert.rejects(
      install(processSpec(paths, { name: 'broken', argv, readySeconds: 20 }), paths),
      { code: 'ROLE_FAILED', message: 'broken keeps dying', why: /no flux capacitor/ },
    );
    assert.equal((await look('broken', paths)).state, 'FATAL');
  });

  it('refuses to start where a foreign program has the port', async () => {
    const foreign = createServer().listen(port, '127.0.0.1');
    try {
      await assert.rejects(install(redis, paths), { code: 'PORT_TAKEN', why: /^node \(pid \d+\)/ });
    } finally {
      foreign.close();
    }
  });

  it('restarts one and remembers which restart that was', async () => {
    await install(redis, paths);
    const { pid } = await look('redis', paths);
    const step = { kind: 'restart', process: 'redis', restarts: 7, readySeconds: 10 } as const;
    await applyStep(step, { paths, self: null });
    const now = await look('redis', paths);
    assert.equal(now.state, 'RUNNING');
    assert.notEqual(now.pid, pid);
    assert.equal(now.restarts, 7);
    assert.equal(now.serviceHash, redis.service.hash);
  });

  it('removes one without a trace but its data and log', async () => {
    await install(redis, paths);
    const { pid } = await look('redis', paths);
    await applyStep({ kind: 'remove', process: 'redis', seconds: 5 }, { paths, self: null });
    assert.equal(await look('redis', paths), undefined);
    assert.ok(await isGone(pid!));
    await access(`${paths.data}/redis`);
    await install(redis, paths);
    assert.equal((await look('redis', paths)).state, 'RUNNING');
  });

  it('hands every word of a command over as it is', async () => {
    const words = [
      '',
      ' led',
      'a b',
      '"',
      '\\',
      '$HOME ${HOME}',
      '{',
      '}',
      '#',
      "'",
      'é',
      'x\ny',
      '\t',
    ];
    const argv = ['sh', '-c', 'printf "%s\\0" "$@" "$GIVEN" > "$0"; exec sleep infinity'];
    const out = `${paths.run}/words`;
    const environment = { GIVEN: words.join('|') };
    await install(
      processSpec(paths, { name: 'echo', argv: [...argv, out, ...words], environment }),
      paths,
    );
    assert.equal(await readFile(out, 'utf8'), `${[...words, environment.GIVEN].join('\0')}\0`);
  });

  it('are watched: each change of state wakes, and once that nothing has changed for a while', async () => {
    let woken = 0;
    let rested = 0;
    using _watch = watchProcesses(paths, {
      onChange: () => woken++,
      onRest: () => rested++,
    });
    await install(redis, paths);
    await until(() => woken > 0, { what: 'the start was seen', seconds: 5 });
    const quiet = async () => {
      const before = woken;
      await run(['sleep', '0.2']);
      return woken === before;
    };
    await until(quiet, { what: 'calm', seconds: 5 });
    const before = woken;
    process.kill((await look('redis', paths)).pid!, 'SIGKILL');
    await until(() => woken > before, { what: 'the death was seen', seconds: 5 });
    const atDeath = rested;
    await until(() => rested > atDeath, { what: 'it is well again', seconds: 10 });
    assert.equal((await look('redis', paths)).state, 'RUNNING');
  });

  it('starts one tree when two ask at once', async () => {
    await shutdownSupervision(paths);
    const ids = await Promise.all([bootSupervision(paths), bootSupervision(paths)]);
    assert.equal(ids[0], ids[1]);
    const { stdout } = await run(['pgrep', '-fc', `^s6-svscan .*${paths.service}$`]);
    assert.equal(stdout.trim(), '1');
    assert.ok(await supervisionRunning(paths));
  });
});
