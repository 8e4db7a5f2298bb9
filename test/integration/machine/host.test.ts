import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:tls';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import {
  inspectCertificate,
  makeBusCertificate,
  makeClusterAuthority,
  makeSelfSigned,
} from '../../../src/machine/certificates.ts';
import { attempt, run } from '../../../src/machine/command.ts';
import { hostsWith } from '../../../src/machine/network/hostname.ts';
import { hostFacts } from '../../../src/machine/node/host.ts';
import { observe } from '../../../src/machine/observe.ts';
import { beginInstall, endInstall, missingPackages } from '../../../src/machine/packages.ts';
import { processSpec } from './node.ts';

describe('a host', function () {
  this.timeout(30_000);

  it('says what it is', async () => {
    const facts = await hostFacts();
    assert.equal(facts.hostname, (await run(['hostname'])).stdout);
    assert.match(facts.distribution.id, /^[a-z]+$/);
  });

  it('tells a command that fails, hangs or is not there', async () => {
    await assert.rejects(run(['sh', '-c', 'echo too cold >&2; exit 3']), {
      code: 'FAILED',
      message: 'sh failed with exit code 3',
      why: 'too cold',
    });
    await assert.rejects(run(['sleep', '60'], { timeoutMs: 50 }), { code: 'TIMEOUT' });
    await assert.rejects(run(['kato-has-no-such-program']), { code: 'FAILED', why: /ENOENT/ });
    assert.equal((await attempt(['false'])).exitCode, 1);
  });

  it('gives commands none of its own environment', async () => {
    const { stdout } = await run(['env'], { env: { GIVEN: 'yes' } });
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    assert.deepEqual(names.sort(), ['GIVEN', 'LANG', 'LC_ALL', 'PATH']);
  });

  it('names a package that no source has', async () => {
    const root = await mkdtemp('/tmp/kato-packages-');
    const packages = ['kato-has-no-such-package', 'coreutils'];
    const spec = processSpec(pathsOf(root), { name: 'x', argv: ['true'], packages });
    const { missingPackages } = await observe(pathsOf(root), [spec]);
    assert.deepEqual(missingPackages, ['kato-has-no-such-package']);
    await rm(root, { recursive: true });
  });

  it('misses a package until the install that brought it is finished', async () => {
    const root = await mkdtemp('/tmp/kato-packages-');
    const paths = pathsOf(root);
    const missing = () => missingPackages(['coreutils', 'dpkg'], paths);
    await beginInstall(new Set(['coreutils']), paths);
    assert.deepEqual(await missing(), ['coreutils']);
    await endInstall(paths);
    assert.deepEqual(await missing(), []);
    await rm(root, { recursive: true });
  });

  it('gets a new name in its hosts file, and other names are kept', () => {
    const before = '127.0.0.1\tlocalhost\n127.0.1.1\told.example.com old printer\n';
    assert.equal(
      hostsWith(before, 'core.example.com', 'core', 'old'),
      '127.0.0.1\tlocalhost\n127.0.1.1\tcore.example.com core printer\n',
    );
    assert.equal(hostsWith('::1 ip6\n', 'core', 'core', 'old'), '::1 ip6\n127.0.1.1\tcore\n');
  });
});

describe('certificates', function () {
  this.timeout(30_000);

  it('of a bus are believed by who has the authority, under the fixed name alone', async () => {
    const authority = await makeClusterAuthority('c1');
    const bus = await makeBusCertificate(authority, 'c1');
    const server = createServer({ cert: bus.certificate, key: bus.key }, (s) => s.end()).listen(0);
    const { port } = server.address() as { port: number };
    const tries = ['bus.c1', 'bus.c2'].map(
      (servername) =>
        new Promise<string>((done) => {
          const socket = connect({ port, ca: authority.certificate, servername });
          socket.on('secureConnect', () => done('believed'));
          socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''));
        }),
    );
    assert.deepEqual(await Promise.all(tries), ['believed', 'ERR_TLS_CERT_ALTNAME_INVALID']);
    server.close();
  });

  it('hold for a machine whose clock is hours behind', async () => {
    const authority = await makeClusterAuthority('c1');
    const bus = await makeBusCertificate(authority, 'c1');
    for (const { certificate } of [authority, bus, await makeSelfSigned('example.com')]) {
      const { validFromDate } = new X509Certificate(certificate);
      assert.ok(validFromDate.getTime() < Date.now() - 12 * 3_600_000);
    }
  });

  it('are inspected: names, dates, and whether the key is theirs', async () => {
    const [own, other] = await Promise.all([
      makeSelfSigned('example.com'),
      makeSelfSigned('b.org'),
    ]);
    const facts = inspectCertificate(own.certificate, own.key);
    assert.deepEqual(facts.names, ['example.com', '*.example.com']);
    assert.ok(Date.parse(facts.notAfter) > Date.now());
    const together = inspectCertificate(`${own.key}${own.certificate}`, own.key);
    assert.equal(together.chain, own.certificate, 'a key beside the certificate is left out');
    const keyFile = `${other.certificate}${own.key}`;
    const { key } = inspectCertificate(own.certificate, keyFile);
    assert.equal(key, own.key, 'and so is a certificate beside the key');
    assert.throws(() => inspectCertificate(own.certificate, other.key), { code: 'BAD_FILE' });
    assert.throws(() => inspectCertificate('nothing', own.key), { code: 'BAD_FILE' });
    assert.throws(() => inspectCertificate(own.certificate, 'nothing'), { code: 'BAD_FILE' });
    const weak = await weakCertificate();
    assert.throws(() => inspectCertificate(weak.certificate, weak.key), {
      code: 'BAD_FILE',
      why: 'ee key too small',
      next: /RSA 2048/,
    });
  });
});

/** nginx would not start with it. */
async function weakCertificate(): Promise<{ certificate: string; key: string }> {
  const words =
    'openssl req -x509 -newkey rsa:1024 -nodes -keyout - -days 9 -subj /CN=a.example.com';
  const { stdout } = await run(words.split(' '));
  const [key = '', certificate = ''] = stdout.split(/(?=-----BEGIN CERTIFICATE)/);
  return { certificate, key };
}
