import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { run } from '../../../src/machine/command.ts';
import { readIfExists } from '../../../src/machine/disk/files.ts';
import { lostLines } from '../../../src/machine/s6/lost-lines.ts';
import { shutdownSupervision } from '../../../src/machine/s6/shutdown.ts';
import { bootSupervision, supervisionEnded } from '../../../src/machine/s6/supervision.ts';
import { until } from '../../support/until.ts';
import { endNode, install, processSpec, testNode } from './node.ts';

/** Writes a numbered line of 100 bytes a hundred times a moment, and notes how far it is. */
const TALKER = `open my $at, '>', $ARGV[0];
while (1) {
  for (1 .. 100) { syswrite STDOUT, sprintf "line %08d %s\\n", ++$n, "x" x 84 }
  seek $at, 0, 0; syswrite $at, $n;
  select undef, undef, undef, 0.005;
}`;
/** More than all that waits anywhere: 3 MB. */
const MANY_LINES = 30_000;

describe('a log that cannot be written', function () {
  this.timeout(60_000);
  let paths: Paths;
  let talker: ProcessSpec;

  before(async function () {
    paths = await testNode(async ({ log }) => {
      await mkdir(log, { recursive: true });
      await run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', log]).catch(() => this.skip());
    });
    const argv = ['perl', '-e', TALKER, `${paths.run}/at`];
    talker = processSpec(paths, { name: 'talker', argv });
    await install(talker, paths);
  });
  after(async () => {
    await shutdownSupervision(paths);
    await run(['umount', paths.log]).catch(() => undefined);
    await endNode(paths);
  });

  const written = async (): Promise<number> => Number((await readIfExists(`${paths.run}/at`)) ?? 0);
  const goesOn = async (): Promise<void> => {
    const before = await written();
    await until(async () => (await written()) > before + MANY_LINES, {
      what: 'it goes on',
      seconds: 20,
    });
  };
  const logged = async (): Promise<string> => {
    const folder = `${paths.log}/talker`;
    const names = (await readdir(folder)).filter((name) => /^@|^current$/.test(name)).sort();
    return (await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')))).join('');
  };
  const fill = (): Promise<void> =>
    writeFile(`${paths.log}/fill`, Buffer.alloc(8_000_000)).catch(() => undefined);

  it('holds up no process: lines are lost and counted, and it goes on when there is room', async () => {
    await until(async () => (await written()) > 0, { what: 'it talks', seconds: 10 });
    assert.equal(await lostLines(paths), null);
    await fill();
    await goesOn();
    assert.deepEqual(await lostLines(paths), { logs: ['talker'], diskFull: true });
    await rm(`${paths.log}/fill`);
    const text = await until(
      async () => {
        const now = await logged();
        return /lines are missing here.*\n.*line \d{8} x{84}\n/.test(now) ? now : null;
      },
      { what: 'the log goes on', seconds: 20 },
    );
    assert.equal(await lostLines(paths), null);
    const lost = /kato: (\d+) lines are missing here/.exec(text)![1];
    const numbers = [...text.matchAll(/line (\d{8}) x{84}\n/g)].map(([, number]) => Number(number));
    assert.equal(Number(lost), numbers.at(-1)! - numbers.length);
  });

  it('is begun anew when its writer cannot even start', async () => {
    const folder = `${paths.log}/talker`;
    await rename(folder, `${folder}.away`);
    await writeFile(folder, 'in the way');
    const { stdout } = await run(['pgrep', '-f', `s6-log .* ${folder}$`]);
    process.kill(Number(stdout), 'SIGKILL');
    await goesOn();
    assert.deepEqual(await lostLines(paths), { logs: ['talker'], diskFull: false });
    await rm(folder);
    await until(async () => (await logged()).includes('lines are missing here'), {
      what: 'a new log',
      seconds: 20,
    });
  });

  it('holds up no halt', async () => {
    await fill();
    await goesOn();
    const startedMs = performance.now();
    await shutdownSupervision(paths);
    assert.ok(await supervisionEnded(paths));
    assert.ok(performance.now() - startedMs < 20_000);
  });

  it('holds up no boot, though its disk can only be read', async () => {
    await run(['mount', '-o', 'remount,ro', paths.log]);
    await bootSupervision(paths);
    await goesOn();
    assert.deepEqual((await lostLines(paths))?.logs, ['talker']);
  });
});
