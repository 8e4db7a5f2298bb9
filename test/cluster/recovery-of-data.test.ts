import assert from 'node:assert/strict';
import { coreOn, settled, typed } from '../support/cluster.ts';
import { assertData, fillData } from '../support/identities.ts';
import { useLab } from '../support/lab/suite.ts';

const env = { KATO_PASSPHRASE: 'correct horse battery' };

/** All of kato but the data of the roles, as on a volume of its own. */
const LOSE =
  'cd /var/lib/kato && rm -rf state service config export data/nats-server made/nats-server.json';

describe('the recovery of a core that has databases', () => {
  const lab = useLab({ hosts: 1 });
  const core = () => lab.host(1);

  before('a core with rows in its databases', async () => {
    await coreOn(core());
    await typed(core(), 'kato role add redis postgresql');
    await fillData(core(), core());
    await settled(core());
    await typed(core(), 'kato data export --cluster /root/cluster.kato', { env });
    await typed(core(), 'mkdir /root/old && cp /var/lib/kato/state/*.json /root/old/');
  });

  const passwords = (): Promise<string> =>
    typed(core(), 'kato role info --secret redis; kato role info --secret postgresql');

  for (const [what, file] of [
    ['an export', '/root/cluster.kato'],
    ["the core's own ledger", '/root/old/ledger.json'],
  ]) {
    it(`from ${what} ends well, with the rows and passwords that there were`, async () => {
      const before = await passwords();
      await typed(core(), `kato node halt && ${LOSE}`);
      await typed(core(), `kato node setup core --recover-from ${file}`, { env });
      await settled(core());
      assert.equal(await passwords(), before);
      await assertData(core(), core());
    });
  }
});
