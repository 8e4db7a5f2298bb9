import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import { statusWhen, type } from '../support/cluster.ts';
import { useLab } from '../support/lab/suite.ts';
import {
  fillLogs,
  makeRoom,
  openLoggingShop,
  startUse,
  type ThreeHosts,
} from '../support/traffic/full-logs.ts';

const PER_SECOND = 50;
/** 15 s on a quiet machine: a megabyte waits of each log before any line is lost. */
const LIMIT_SECONDS = 90;

describe('when the disks of all logs are full', () => {
  const lab = useLab({ hosts: 3 });

  it('nothing that serves fails a request; lost lines are told until there is room', async function () {
    this.timeout(180_000);
    const hosts = lab.hosts as unknown as ThreeHosts;
    const [core, node] = hosts;
    await openLoggingShop(hosts);
    const use = await startUse(hosts, PER_SECOND);
    await fillLogs(hosts);
    await statusWhen(
      core,
      'what talks loses lines',
      (status) =>
        /^h1 .*\(.*router.*\): the disk of .* is full$/m.test(losses(status)) &&
        /^h2 .*\(.*postgresql.*router.*\): the disk of .* is full$/m.test(losses(status)),
      LIMIT_SECONDS,
    );
    for (const host of [core, node]) {
      const { stdout, exitCode } = await type(host, 'kato check');
      assert.match(stdout, /^critical +disk +0 % of the disk with the logs/m);
      assert.match(stdout, /^critical +disk +h2 loses lines of its logs/m);
      assert.equal(exitCode, 1);
    }
    await makeRoom(hosts);
    await statusWhen(core, 'no lines are lost', (status) => losses(status) === '');
    const answers = await use.end();
    for (const [what, { asked, failed }] of Object.entries(answers)) {
      assert.equal(failed, 0, `${what}: ${failed} of ${asked}`);
      assert.ok(asked > PER_SECOND, what);
    }
  });
});

function losses({ warnings }: Status): string {
  const lost = warnings.filter(({ code }) => code === 'LOG_LOST');
  return lost.map(({ message }) => message).join('\n');
}
