import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import type { KatoError } from '../../../src/domain/base/error.ts';
import type { Paths } from '../../../src/domain/making/paths.ts';
import { run } from '../../../src/machine/command.ts';
import { answers } from '../../../src/machine/network/socket.ts';
import { shutdownSupervision } from '../../../src/machine/s6/shutdown.ts';
import { supervisionEnded } from '../../../src/machine/s6/supervision.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import { endNode, install, isGone, look, processSpec, testNode } from './node.ts';

const STUBBORN = ['sh', '-c', 'trap "" TERM; while :; do sleep 60; done'];
/** Leaves one behind that has its log open, and nothing by which it could be told. */
const ESCAPING = 'for fd in 3 4 5 6; do eval "exec $fd>&-"; done; echo "$$" >"$0"; exec sleep 600';
const ESCAPED = ['sh', '-c', 'setsid sh -c "$1" "$0" & exec sleep infinity'];
/** The kernel gets 15 s twice, and the stop itself 1 s: the rest is for a busy machine. */
const BOUND_MS = 50_000;

describe('the end of a node', function () {
  this.timeout(120_000);
  let paths: Paths;
  beforeEach(async () => {
    paths = await testNode();
  });
  afterEach(() => endNode(paths));

  it('tells what it waits for, and that is killed when its time is over', async () => {
    const stop = { signal: 'TERM', seconds: 6 };
    await install(processSpec(paths, { name: 'stubborn', argv: STUBBORN, stop }), paths);
    const { pid } = await look('stubborn', paths);
    const told: string[][] = [];
    await shutdownSupervision(paths, (lives) => told.push(lives));
    assert.deepEqual(told, [[`stubborn (pid ${pid}, killed 6 s after it was asked)`]]);
    assert.ok(await supervisionEnded(paths));
    assert.ok(await isGone(pid!));
  });

  it('is bounded, and names what cannot be ended', async () => {
    const stop = { signal: 'TERM', seconds: 1 };
    const file = `${paths.run}/escaped`;
    const escaped = processSpec(paths, {
      name: 'escaped',
      argv: [...ESCAPED, file, ESCAPING],
      stop,
    });
    await install(escaped, paths);
    const left = await until(async () => Number(await readFile(file, 'utf8').catch(() => 0)), {
      what: 'one is left behind',
      seconds: 5,
    });
    await install(processSpec(paths, { name: 'frozen', argv: ['sleep', 'infinity'], stop }), paths);
    const { pid } = await look('frozen', paths);
    const { stdout } = await run(['ps', '-o', 'ppid=', '-p', `${pid}`]);
    process.kill(Number(stdout), 'SIGSTOP');
    try {
      const startedMs = performance.now();
      const error = await shutdownSupervision(paths).catch((thrown: KatoError) => thrown);
      assert.equal(error?.code, 'TIMEOUT');
      assert.ok(performance.now() - startedMs < BOUND_MS);
      assert.equal(error.message, `not ended: frozen (pid ${pid}, killed 1 s after it was asked)`);
      const { text } = hint(
        error.next,
        'machine/s6/shutdown.ts: ps -eo pid,stat,wchan:30,args shows what it waits for; then kato node halt again',
      );
      const ps = await run(text.slice(0, text.indexOf(' shows')).split(' '));
      assert.match(ps.stdout, new RegExp(`^ *${stdout.trim()} T.* s6-supervise frozen$`, 'm'));
    } finally {
      process.kill(Number(stdout), 'SIGCONT');
      process.kill(left, 'SIGKILL');
    }
    await shutdownSupervision(paths);
    assert.ok(await supervisionEnded(paths));
  });
});

describe('a program at a socket', () => {
  it('answers or does not: the kernel alone is no answer', async () => {
    const folder = (await run(['mktemp', '-d'])).stdout.trim();
    const listen = async (name: string, converse: (socket: Socket) => void): Promise<string> => {
      const server = createServer(converse);
      await new Promise<void>((resolve) => server.listen(`${folder}/${name}`, resolve));
      server.unref();
      return `${folder}/${name}`;
    };
    assert.equal(await answers(`${folder}/nobody`, 200), false);
    assert.equal(await answers(await listen('frozen', (socket) => socket.unref()), 200), false);
    assert.equal(await answers(await listen('well', (socket) => socket.end('{}\n')), 5000), true);
    await run(['rm', '-r', folder]);
  });
});
