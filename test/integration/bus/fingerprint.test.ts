import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer as createHttps } from 'node:https';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fetchCertificateAuthority } from '../../../src/bus/joining/fingerprint.ts';
import { CLUSTER_ID, startNats, type TestNats } from '../../support/nats.ts';
import { freePort } from '../../support/ports.ts';

describe('fingerprint of the bus', () => {
  let nats: TestNats;
  const servers: Server[] = [];

  before(async () => {
    nats = await startNats([]);
  });
  after(async () => {
    for (const server of servers) server.close();
    await nats.stop();
  });

  it('gives the certificate authority that it names', async () => {
    const { fingerprint, ca } = nats;
    const found = await fetchCertificateAuthority(nats, { fingerprint, clusterId: CLUSTER_ID });
    assert.equal(found, ca);
  });

  it('that is another tells of another cluster', () => refused(nats.port, 'TOKEN_OTHER_CLUSTER'));

  it('is not available where nothing listens', async () => {
    await refused(await freePort(), 'CORE_UNREACHABLE');
  });

  it('is not available where no way leads', () =>
    assert.rejects(ask({ address: '255.255.255.255', port: 4222 }), { code: 'CORE_UNREACHABLE' }));

  it('is not available from a service that does not speak TLS', async () => {
    const port = await listen(createServer((socket) => socket.end('220 mail\r\n')));
    await refused(port, 'NOT_A_BUS');
  });

  it('is not available from one that hangs up', async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    await refused(port, 'NOT_A_BUS');
  });

  it('is not available from a black hole, and that is told in time', async () => {
    const port = await listen(createServer(() => {}));
    await refused(port, 'NOT_A_BUS', 200);
  });

  it('is not available from a web server', async () => {
    const { folder } = nats;
    const key = await readFile(join(folder, 'ca.key'));
    const cert = await readFile(join(folder, 'ca.crt'));
    await refused(await listen(createHttps({ key, cert })), 'NOT_A_BUS');
  });

  async function refused(port: number, code: string, timeoutMs?: number): Promise<void> {
    await assert.rejects(ask({ address: '127.0.0.1', port }, timeoutMs), { code });
  }

  function ask(where: { address: string; port: number }, timeoutMs = 3000) {
    const fingerprint = '00'.repeat(32);
    return fetchCertificateAuthority(where, { fingerprint, clusterId: CLUSTER_ID, timeoutMs });
  }

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : 0;
  }
});
