import assert from 'node:assert/strict';
import { typed } from '../support/cluster.ts';
import { beginPackage, onlyPackage } from '../support/lab/package.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';

const SERVER = 'memcached';
/** A container has one that lets nothing start. */
const POLICY = '/usr/sbin/policy-rc.d';
const STARTED = '/root/started';
const INSTALLED = `dpkg-query -W -f '\${Version} ' redis-server nginx postgresql`;

/** In place of Debian's: a server that is started by its installation, and at boot, on a machine that was booted. */
const MAKE_PACKAGE = `set -e
dpkg --purge ${SERVER}
rm -f ${POLICY} /sbin/runlevel
printf '#!/bin/sh\\necho N 2\\n' >/sbin/runlevel && chmod 755 /sbin/runlevel
${beginPackage(SERVER, 'a server for tests')}
mkdir -p ${SERVER}/etc/init.d
cat >${SERVER}/etc/init.d/${SERVER} <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides: ${SERVER}
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
[ "$1" != start ] || touch ${STARTED}
END
printf '#!/bin/sh\\nupdate-rc.d ${SERVER} defaults\\ninvoke-rc.d ${SERVER} start\\n' >${SERVER}/DEBIAN/postinst
chmod 755 ${SERVER}/DEBIAN/postinst ${SERVER}/etc/init.d/${SERVER}
${onlyPackage(SERVER)}`;

describe('scripts/setup, as the guide says', () => {
  const lab = useLab({ hosts: 1 });
  needsMachines(lab);
  const run = (line: string) => typed(lab.host(1), line);
  const isStartedAtBoot = async () => (await run(`ls /etc/rc2.d/S*${SERVER} || true`)) !== '';
  const hasStarted = async () => (await run(`ls ${STARTED} || true`)) !== '';

  it('starts no server that it installs, neither now nor at boot', async () => {
    await run(MAKE_PACKAGE);
    await run(`apt-get -q -y install ${SERVER}`);
    assert.deepEqual([await hasStarted(), await isStartedAtBoot()], [true, true]);
    await run(`dpkg --purge ${SERVER} && rm ${STARTED}`);
    const before = await run(INSTALLED);
    const pid = await run(
      'redis-server --port 6380 --daemonize yes >/dev/null; pidof redis-server',
    );

    assert.match(await run(`${CHECKOUT}/scripts/setup`), /: memcached\n[\s\S]*ready\n$/);
    assert.match(await run(`dpkg-query -W ${SERVER}`), /\t1$/m);
    assert.deepEqual([await hasStarted(), await isStartedAtBoot()], [false, false]);
    await run(`test ! -e ${POLICY}`);
    assert.equal(await run(INSTALLED), before, 'what was there stays as it is');
    assert.equal(await run('pidof redis-server'), pid, 'and what runs goes on');
  });

  it('has nothing to do the next time', async () => {
    assert.equal(await run(`${CHECKOUT}/scripts/setup`), 'setup: ready\n');
  });
});
