import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { fetchCertificateAuthority } from '../../../src/bus/joining/fingerprint.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import type { HistoryEntry } from '../../../src/domain/telling/history.ts';
import { run } from '../../../src/machine/command.ts';
import { clusterWith, nodeOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { openRaw } from '../../support/flood/raw-bus.ts';
import { CLUSTER_ID } from '../../support/nats.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

const MAX = 8;
const MANY = 40;

describe('who opens connection after connection', () => {
  let here: Controlled;
  const opened: TLSSocket[] = [];

  before(async () => {
    const nodes = {
      core: nodeOf('core', ['primary', 'controller'], { id: 'core', admin: true }),
      web: nodeOf('web', ['router'], { id: 'web', address: '10.0.0.2' }),
    };
    here = await startControlled(clusterWith({}, { id: CLUSTER_ID, nodes }));
  });
  after(async () => {
    for (const socket of opened) socket.destroy();
    await here?.end();
  });

  it('is left a few of them, the newest', async () => {
    await openMany();
    await until(fewAreLeft, { what: `${MAX} of ${MANY} are left`, seconds: 10 });
    assert.equal(here.bus('core').connected, true);
  });

  it('is named in the history', async () => {
    const entry = await until(
      async () => {
        const query = { limit: 50, node: null };
        const entries = (await here.ask('core', 'history', query)) as unknown as HistoryEntry[];
        const found = entries.find(({ operation }) => operation === 'connect');
        return (found?.count ?? 0) >= MANY - MAX ? found : undefined;
      },
      { what: 'all are counted', seconds: 20 },
    );
    assert.deepEqual([entry.by, entry.outcome], ['web', 'BUSY']);
  });

  it('keeps no more of those that came while the bus was away from the controllers', async () => {
    await here.nats.end('SIGKILL');
    await until(() => open() === 0, { what: 'all are closed', seconds: 10 });
    await here.nats.start();
    await openMany();
    await until(fewAreLeft, { what: `${MAX} of ${MANY} are left`, seconds: 20 });
  });

  it('fills a bus that says so', async () => {
    const config = join(here.nats.folder, 'nats.conf');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace('max_connections: 5000', 'max_connections: 2'));
    await here.nats.hangUp();
    const { address, port, fingerprint } = here.nats;
    const trust = { fingerprint, clusterId: CLUSTER_ID };
    const web = here.identities.get('web')!;
    const full = (await here.nats
      .connect('web', web)
      .catch((error: unknown) => error)) as KatoError;
    assert.equal(full.code, 'BUSY');
    const { text: says } = hint(
      full.next,
      'bus/full.ts: on the core, ss -tn shows where from: block that with a firewall',
    );
    const { stdout } = await run(says.slice(says.indexOf('ss'), says.indexOf(' shows')).split(' '));
    assert.match(stdout, new RegExp(`ESTAB.* ${address}:${port} +${address}:\\d+`));
    await assert.rejects(fetchCertificateAuthority({ address, port }, trust), { code: 'BUSY' });
    await writeFile(config, text);
    await here.nats.hangUp();
    await (await here.nats.connect('web', web)).close();
  });

  /** One is the node's own, which comes back when it is ended as the oldest. */
  const fewAreLeft = () => open() === MAX - 1 && here.bus('web').connected;
  const open = () => opened.filter(({ closed }) => !closed).length;

  async function openMany(): Promise<void> {
    const { address, port, ca } = here.nats;
    const door = { address, port, ca, clusterId: CLUSTER_ID, ...here.identities.get('web')! };
    for (let i = 0; i < MANY; i++) {
      const socket = await openRaw(door).catch(() => null);
      if (socket === null) continue;
      socket.resume().on('error', () => socket.destroy());
      opened.push(socket);
    }
  }
});
