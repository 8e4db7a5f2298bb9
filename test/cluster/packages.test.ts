import assert from 'node:assert/strict';
import { type, typed } from '../support/cluster.ts';
import { beginPackage, onlyPackage } from '../support/lab/package.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const DAEMON = 'kato-test-daemon';
const UNIT_LINK = `/etc/systemd/system/multi-user.target.wants/${DAEMON}.service`;

/** A package that makes its daemon start at boot, as Debian's do, in a source of its own. */
const MAKE_PACKAGE = `${beginPackage(DAEMON, 'a daemon for tests')}
mkdir -p ${DAEMON}/lib/systemd/system
printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' \\
  >${DAEMON}/lib/systemd/system/${DAEMON}.service
cat >${DAEMON}/DEBIAN/postinst <<'END'
#!/bin/sh
set -e
deb-systemd-helper enable ${DAEMON}.service
# Whoever installs dies now, once.
[ ! -e /root/broken ] || exit 1
if [ -e /root/installer ]; then kill -9 $(cat /root/installer); rm /root/installer; fi
END
chmod 755 ${DAEMON}/DEBIAN/postinst
${onlyPackage(DAEMON)}`;

const INSTALL = `
import { writeFileSync } from 'node:fs';
import { pathsOf } from '${CHECKOUT}/src/domain/making/paths.ts';
import { applyStep } from '${CHECKOUT}/src/machine/apply/apply.ts';
if (process.argv[2] === 'dies') writeFileSync('/root/installer', String(process.pid));
const step = { kind: 'install-packages', process: 'base', packages: ['${DAEMON}'] };
await applyStep(step, { paths: pathsOf('/'), self: null }).catch((error) => {
  console.log(error.next);
  throw error;
});`;

describe('an install of packages', () => {
  const lab = useLab({ hosts: 1 });
  const host = () => lab.host(1);
  const install = (...words: string[]) =>
    host().run([process.execPath, '/root/install.ts', ...words]);
  const isStartedAtBoot = async () => (await host().run(['test', '-L', UNIT_LINK])).exitCode === 0;

  before('a package in a source of its own', async () => {
    await typed(host(), MAKE_PACKAGE);
    await host().write('/root/install.ts', INSTALL);
  });

  it('that is killed is finished by the next one: its daemons are not started at boot', async () => {
    assert.equal((await install('dies')).exitCode, 137);
    const installed = ['dpkg-query', '-W', '-f', '${db:Status-Status}', DAEMON];
    await until(async () => (await host().run(installed)).stdout === 'installed', {
      what: 'apt has gone on without its caller',
      seconds: 20,
    });
    assert.ok(await isStartedAtBoot());
    const { exitCode, stderr } = await install();
    assert.equal(exitCode, 0, stderr);
    assert.ok(!(await isStartedAtBoot()));
    await assert.rejects(host().read('/var/lib/kato/state/installing'));
  });

  it('leaves the policy of the machine for daemons as it is, also one that came while it was dead', async () => {
    const policy = '/usr/sbin/policy-rc.d';
    const again = `dpkg --purge ${DAEMON} >/dev/null && rm -f /root/installer`;
    await typed(host(), `${again} && echo '# the first' >${policy}`);
    assert.equal((await install('dies')).exitCode, 137);
    assert.match(await host().read(policy), /written by kato/);
    await typed(host(), `echo '# the second' >${policy}`);
    await until(async () => (await install()).exitCode === 0, {
      what: 'the install is finished',
      seconds: 20,
    });
    assert.equal(await host().read(policy), '# the second\n');
    assert.equal(await host().read(`${policy}.kept-by-kato.older`), '# the first\n');
  });

  it('on a full disk says so, and is done once there is room, with no daemon started at boot', async () => {
    const dpkg = '/var/lib/dpkg';
    await typed(host(), `dpkg --purge ${DAEMON} >/dev/null && rm -f /root/installer`);
    await typed(
      host(),
      `cp -a ${dpkg} /root/dpkg && mount -t tmpfs -o size=$(($(du -sk ${dpkg} | cut -f1) + 64))k tmpfs ${dpkg} &&
       cp -a /root/dpkg/. ${dpkg} && (cat /dev/zero >${dpkg}/full 2>/dev/null || true)`,
    );
    const full = await install();
    assert.notEqual(full.exitCode, 0);
    assert.match(full.stderr, new RegExp(`KatoError: apt could not install ${DAEMON}\\n`));
    assert.equal(await host().read('/usr/sbin/policy-rc.d'), '# the second\n');
    await typed(host(), `rm ${dpkg}/full && mount -o remount,size=500m ${dpkg}`);
    const { exitCode, stderr } = await install();
    assert.equal(exitCode, 0, stderr);
    assert.ok(!(await isStartedAtBoot()));
    await assert.rejects(host().read('/var/lib/kato/state/installing'));
  });

  it('of one that no source has says so, and goes on when one has it', async () => {
    const hidden = 'cd /root/source && mv Packages hidden && touch Packages && apt-get -q update';
    await typed(host(), `dpkg --purge ${DAEMON} && ${hidden}`);
    const { exitCode, stdout } = await install();
    assert.equal(exitCode, 1);
    const { text } = hint(
      stdout.trim(),
      "machine/apply/install-packages.ts: make 'apt-cache show ${unknown}' find it, or install it by hand",
    );
    await typed(host(), 'cd /root/source && mv hidden Packages && apt-get -q update');
    assert.match(await typed(host(), text.split("'")[1]!), /a daemon for tests/);
    assert.equal((await install()).exitCode, 0);
  });

  it('that fails names the command that shows why, and does it when that is mended', async () => {
    await typed(host(), `dpkg --purge ${DAEMON} && touch /root/broken`);
    const { exitCode, stdout } = await install();
    assert.equal(exitCode, 1);
    const { text } = hint(
      stdout.trim(),
      "machine/apply/install-packages.ts: run it by hand: apt-get install ${packages.join(' ')}",
    );
    const line = `echo y | ${text.slice(text.indexOf('apt-get'))}`;
    const shown = await type(host(), line);
    assert.match(shown.stderr + shown.stdout, /post-installation script subprocess returned error/);
    await typed(host(), `rm /root/broken && ${line}`);
    assert.equal((await install()).exitCode, 0);
  });
});
