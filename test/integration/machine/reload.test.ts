import assert from 'node:assert/strict';
import { readlink } from 'node:fs/promises';
import type { KatoError } from '../../../src/domain/base/error.ts';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import type { ReloadConfirm } from '../../../src/domain/roles/role.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { freePort } from '../../support/ports.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import {
  configOf,
  endNode,
  install,
  look,
  onePass,
  processSpec,
  switchTo,
  testNode,
} from './node.ts';

const WEB = 'UDE6DISQ6DMWVGMDLRJ2F3LCRKRZICZPNNM4KBDD5IVBBVXV4OIPJGCI';
const DATA = 'UAFKFP77S3VMQYVTP7KKEJ6PR436BXOF2UIW3UJ56KTP5GY5J63UWM2O';

describe('a reload is proven by the program, not by a check', function () {
  this.timeout(60_000);
  let paths: Paths;
  let port: number;
  let monitor: number;

  beforeEach(async () => {
    paths = await testNode();
    port = await freePort();
    monitor = await freePort();
  });
  afterEach(() => endNode(paths));

  /** A bus whose users are these, and that would listen elsewhere: what no reload can change. */
  function bus(users: string[], { at = port, check = checkOf() } = {}): ProcessSpec {
    const list = users.map((key) => `{ nkey: ${key} }`).join(', ');
    const text = `listen: "127.0.0.1:${at}"\nhttp: "127.0.0.1:${monitor}"
authorization { users: [ ${list} ] }\n`;
    return processSpec(paths, {
      name: 'bus',
      argv: ['nats-server', '-c', `${paths.config}/bus/current/nats.conf`],
      ready: { tcp: { address: '127.0.0.1', port } },
      config: configOf({ 'nats.conf': text }, check),
      reloadSignal: 'HUP',
      reloadConfirm: { http: `http://127.0.0.1:${monitor}/varz`, field: 'config_load_time' },
      listens: [{ address: '127.0.0.1', port }],
    });
  }

  const checkOf = () => ['nats-server', '-t', '-c', `${'$'}{config}/nats.conf`];

  async function reloaded(spec: ProcessSpec): Promise<void> {
    await switchTo(spec, paths);
    const { name: process, reloadConfirm: confirm } = spec;
    const { hash } = spec.config!;
    const step = { kind: 'reload', process, signal: 'HUP', confirm, hash } as const;
    await applyStep(step, { paths, self: null });
  }

  const current = (name: string) => readlink(`${paths.config}/${name}/current`);

  it('of a bus that takes its users', async () => {
    await install(bus([WEB]), paths);
    const { pid } = await look('bus', paths);
    const more = bus([WEB, DATA]);
    await reloaded(more);
    const now = await look('bus', paths);
    assert.deepEqual([now.pid, now.loadedHash], [pid, more.config!.hash]);
  });

  it('of one that refuses: it is said in its words, and no restart would load what was refused', async () => {
    const good = bus([WEB]);
    await install(good, paths);
    const wrong = reloaded(bus([WEB, DATA], { at: await freePort() }));
    await assert.rejects(wrong, ({ code, message, why, next }: KatoError) => {
      assert.deepEqual([code, message], ['CONFIG_REFUSED', 'bus did not take its new config']);
      assert.match(why!, /not supported/);
      const listed =
        'machine/apply/reload.ts: it keeps the old one; correct what it names, and kato tries again';
      hint(next, listed);
      return true;
    });
    const before = await look('bus', paths);
    assert.deepEqual(
      [before.loadedHash, await current('bus')],
      [good.config!.hash, good.config!.hash],
    );
    process.kill(before.pid!, 'SIGKILL');
    await until(
      async () => {
        const now = await look('bus', paths);
        return now.state === 'RUNNING' && now.pid !== before.pid;
      },
      { what: 'it is back with the old one', seconds: 10 },
    );
    const better = bus([DATA]);
    await reloaded(better);
    assert.equal((await look('bus', paths)).loadedHash, better.config!.hash);
  });

  it('of one that refuses, and holds up nothing else of the same pass, time after time', async () => {
    const good = bus([WEB]);
    const other = (word: string) =>
      processSpec(paths, { name: 'other', argv: ['sh', '-c', `sleep 1000 # ${word}`] });
    assert.deepEqual(await onePass([good, other('one')], paths), []);
    const { pid } = await look('bus', paths);
    const wrong = bus([WEB, DATA], { at: await freePort() });
    for (const word of ['two', 'three']) {
      const before = await look('other', paths);
      const failed = await onePass([wrong, other(word)], paths);
      assert.deepEqual(
        failed.map(({ code, message }) => [code, message]),
        [['CONFIG_REFUSED', 'bus did not take its new config']],
      );
      const now = await look('other', paths);
      assert.deepEqual([now.state, now.pid !== before.pid], ['RUNNING', true]);
      assert.equal((await look('bus', paths)).pid, pid);
    }
    assert.deepEqual(await onePass([bus([WEB, DATA]), other('three')], paths), []);
    assert.equal((await look('bus', paths)).pid, pid);
  });

  it('by what a command prints, and needs a program that can be asked before', async () => {
    const confirm: ReloadConfirm = { command: ['cat', `${paths.run}/taken`] };
    const program = (word: string, taken: boolean, from: ReloadConfirm = confirm): ProcessSpec => {
      const take = `cat ${paths.config}/toy/current/word >${paths.run}/taken`;
      return processSpec(paths, {
        name: 'toy',
        argv: ['sh', '-c', `${take}; trap '${take}' HUP; while :; do sleep 0.1; done`],
        config: configOf({ word: taken ? word : '' }, null),
        reloadSignal: 'HUP',
        reloadConfirm: from,
      });
    };
    await install(program('one', true), paths);
    await reloaded(program('two', true));
    assert.equal(await current('toy'), program('two', true).config!.hash);
    await assert.rejects(reloaded(program('three', false)), { code: 'CONFIG_REFUSED' });
    assert.equal(await current('toy'), program('two', true).config!.hash);
    const silent = program('four', true, { command: ['false'] });
    await reloaded(silent);
    assert.equal(await current('toy'), silent.config!.hash);
  });
});
