import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { withUsableCertificates } from '../../../src/agent/usable-certificates.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { keyNameOf } from '../../../src/domain/traffic/certificates.ts';
import { certificatesOf } from '../../../src/domain/traffic/nginx/certificate-files.ts';
import { type KeyedCertificate, makeSelfSigned } from '../../../src/machine/certificates.ts';
import type { Delivery } from '../../../src/machine/node/ledger.ts';
import { testView } from '../../support/views.ts';

const DOMAIN = 'shop.example.com';
const notAfter = '2046-01-01T00:00:00.000Z';

describe('a certificate that no server would load', function () {
  this.timeout(30_000);
  let paths: Paths;
  let good: KeyedCertificate;
  let other: KeyedCertificate;

  before(async () => {
    paths = pathsOf(await mkdtemp('/tmp/kato-certificates-'));
    [good, other] = await Promise.all([makeSelfSigned(DOMAIN), makeSelfSigned('blog.example.com')]);
  });
  after(() => rm(paths.root, { recursive: true }));

  /** What a router is told, with these chains and keys by domain. */
  const told = (pairs: Record<string, KeyedCertificate>): Delivery => {
    const entries = Object.entries(pairs).map(
      ([domain, { certificate, key }]) => [{ domain, chain: certificate, notAfter }, key] as const,
    );
    const keys = entries.map(([certificate, key]) => [keyNameOf(certificate), key]);
    const view = testView(['router'], { certificates: entries.map(([one]) => one) });
    return {
      hash: '',
      view,
      secrets: { 'certificate/default': 'own', ...Object.fromEntries(keys) },
    };
  };
  const served = async (delivery: Delivery) => {
    const { delivery: usable, faults } = await withUsableCertificates(delivery, paths);
    const files = certificatesOf(usable.view, usable.secrets).slice(1);
    return { files: Object.fromEntries(files.map(({ domain, pem }) => [domain, pem])), faults };
  };
  const pemOf = ({ certificate, key }: KeyedCertificate) =>
    `${key.trimEnd()}\n${certificate.trimEnd()}`;

  it('is left out and told, and the others are served', async () => {
    const mismatch = { certificate: good.certificate, key: other.key };
    const { files, faults } = await served(told({ [DOMAIN]: mismatch, 'blog.example.com': other }));
    assert.deepEqual(files, { 'blog.example.com': pemOf(other) });
    assert.deepEqual(
      faults.map(({ code, message }) => [code, message]),
      [['BAD_FILE', `the certificate for ${DOMAIN} cannot be loaded, and is left out`]],
    );
  });

  it('leaves the one that is live in its place', async () => {
    const live = `${paths.config}/router/current`;
    await mkdir(live, { recursive: true });
    await writeFile(`${live}/certificate-${DOMAIN}.pem`, pemOf(good));
    const broken = { certificate: good.certificate.replace('MII', 'ZZZ'), key: good.key };
    const { files, faults } = await served(told({ [DOMAIN]: broken }));
    assert.deepEqual(files, { [DOMAIN]: pemOf(good) });
    assert.equal(faults.length, 1);
  });

  it('is not made by a key that was stored with an old certificate beside it', async () => {
    const stored = { certificate: good.certificate, key: `${other.certificate}${good.key}` };
    const { files, faults } = await served(told({ [DOMAIN]: stored }));
    assert.deepEqual([files, faults], [{ [DOMAIN]: pemOf(good) }, []]);
  });
});
