import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { promisify } from 'node:util';
import { keyNameOf } from '../../../src/domain/traffic/certificates.ts';
import { certificate, key, viewSecrets } from '../../support/nginx-views.ts';
import { leading, type RunningProxy, startProxy } from './proxies.ts';

const run = promisify(execFile);
const PROXIES = [
  { role: 'router', kind: 'ECDSA', address: '127.0.46.1' },
  { role: 'router', kind: 'RSA', address: '127.0.46.2' },
  { role: 'load_balancer', kind: 'ECDSA', address: '127.0.46.4' },
  { role: 'load_balancer', kind: 'RSA', address: '127.0.46.5' },
] as const;
const MODERN = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'];
/** CBC, short tags, and keys that the certificate's own key gives away later. */
const OLD = {
  ECDSA: ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-CCM8'],
  RSA: ['AES128-SHA', 'AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA384'],
};
/** The client's OpenSSL would not offer what is old. */
const ALL_ALLOWED = '@SECLEVEL=0';

for (const { role, kind, address } of PROXIES) {
  describe(`a ${role} with a certificate for ${kind}`, () => {
    let proxy: RunningProxy;
    before(async () => {
      const own = kind === 'RSA' ? { 'certificate/default': await rsaCertificate() } : {};
      const secrets = { ...viewSecrets, ...own };
      proxy = await startProxy(role, address, {}, {}, secrets);
    });
    after(() => proxy.service.stop());

    /** The protocol and cipher that both took, or the code of the refusal. */
    const agreed = async (offer: ConnectionOptions): Promise<string> => {
      const socket = connect({
        host: address,
        port: proxy.https,
        rejectUnauthorized: false,
        ...offer,
      });
      try {
        await once(socket, 'secureConnect');
        return `${socket.getProtocol()} ${socket.getCipher().name}`;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code!;
      } finally {
        socket.destroy();
      }
    };
    const withTls12 = (ciphers: string) =>
      agreed({ maxVersion: 'TLSv1.2', ciphers: ciphers + ALL_ALLOWED });

    it('takes modern ciphers, the one that the client likes best', async () => {
      const modern = MODERN.map((cipher) => `ECDHE-${kind}-${cipher}`);
      for (const cipher of modern) assert.equal(await withTls12(cipher), `TLSv1.2 ${cipher}`);
      for (const list of [modern, modern.toReversed()]) {
        assert.equal(await withTls12(list.join(':')), `TLSv1.2 ${list[0]}`);
      }
      assert.match(await agreed({}), /^TLSv1\.3 /);
    });

    it('refuses old ones', async () => {
      for (const cipher of OLD[kind]) {
        assert.match(await withTls12(cipher), /HANDSHAKE_FAILURE$/, cipher);
      }
    });

    it('refuses TLS 1.1', async () => {
      const version = 'TLSv1.1';
      const ciphers = `DEFAULT${ALL_ALLOWED}`;
      const answer = await agreed({ minVersion: version, maxVersion: version, ciphers });
      assert.match(answer, /PROTOCOL_VERSION$/);
    });
  });
}

describe('a router with a certificate for one of its hosts', () => {
  const address = '127.0.46.3';
  let router: RunningProxy;
  after(() => router.service.stop());
  const led = (host: string): [string, string, string[]] => [host, '/', []];

  it('shows it for that host, or all that a pattern names, and the fallback of the cluster for others', async () => {
    const own = { domain: 'own.example.com', chain: certificate, notAfter: '2046-01-01' };
    const all = { ...own, domain: '*.wild.example.com' };
    const secrets = {
      ...viewSecrets,
      'certificate/default': await rsaCertificate(),
      [keyNameOf(own)]: key,
      [keyNameOf(all)]: key,
    };
    const hosts = ['own', 'other', 'a.wild'].map((name) => `${name}.example.com`);
    const changes = { ...leading(...hosts.map(led)), certificates: [own, all] };
    router = await startProxy('router', address, changes, {}, secrets);
    const kindFor = async (servername: string): Promise<string | undefined> => {
      const port = router.https;
      const socket = connect({ host: address, port, servername, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { publicKey } = socket.getPeerX509Certificate()!;
      socket.destroy();
      return publicKey.asymmetricKeyType;
    };
    assert.equal(await kindFor('own.example.com'), 'ec');
    assert.equal(await kindFor('a.wild.example.com'), 'ec');
    assert.equal(await kindFor('other.example.com'), 'rsa');
    assert.equal(await kindFor('unknown.example.com'), 'rsa');
  });
});

/** A key with its certificate, as the fallback of a cluster is kept. */
async function rsaCertificate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kato-tls-'));
  try {
    const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
    const subject = ['-subj', '/CN=example.com', '-days', '2'];
    const files = ['-nodes', '-keyout', key, '-out', certificate];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...files]);
    return readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
