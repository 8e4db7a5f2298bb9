import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withUsableCertificates } from '../../../src/agent/usable-certificates.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { keyNameOf } from '../../../src/domain/traffic/certificates.ts';
import { certificatesOf, pemOf } from '../../../src/domain/traffic/nginx/certificate-files.ts';
import { refusedByNginx } from '../../../src/machine/certificate-check.ts';
import { type KeyedCertificate, makeSelfSigned } from '../../../src/machine/certificates.ts';
import type { Delivery } from '../../../src/machine/node/ledger.ts';
import { certificateInstall } from '../../../src/operations/certificates.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { clusterWith } from '../../support/clusters.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { checkOf, compileProcess, makeRoot, putConfig } from '../../support/service.ts';
import { testNode, testRoute, testView } from '../../support/views.ts';

const run = promisify(execFile);

const DOMAIN = 'shop.example.com';
const notAfter = '2046-01-01T00:00:00.000Z';

const fileOf = ({ certificate, key }: KeyedCertificate) =>
  `${key.trimEnd()}\n${certificate.trimEnd()}`;

describe('a certificate that nginx would not load', function () {
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

  it('is left out and told, and the others are served', async () => {
    const mismatch = { certificate: good.certificate, key: other.key };
    const { files, faults } = await served(told({ [DOMAIN]: mismatch, 'blog.example.com': other }));
    assert.deepEqual(files, { 'blog.example.com': fileOf(other) });
    assert.deepEqual(
      faults.map(({ code, message }) => [code, message]),
      [['BAD_FILE', `the certificate for ${DOMAIN} cannot be loaded, and is left out`]],
    );
  });

  it('leaves the one that is live in its place', async () => {
    const live = `${paths.config}/router/current`;
    await mkdir(live, { recursive: true });
    await writeFile(`${live}/certificate-${DOMAIN}.pem`, fileOf(good));
    const broken = { certificate: good.certificate.replace('MII', 'ZZZ'), key: good.key };
    const { files, faults } = await served(told({ [DOMAIN]: broken }));
    assert.deepEqual(files, { [DOMAIN]: fileOf(good) });
    assert.equal(faults.length, 1);
  });

  it('is not made by a key that was stored with an old certificate beside it', async () => {
    const stored = { certificate: good.certificate, key: `${other.certificate}${good.key}` };
    const { files, faults } = await served(told({ [DOMAIN]: stored }));
    assert.deepEqual([files, faults], [{ [DOMAIN]: fileOf(good) }, []]);
  });

  it('is not one whose key is on the node, although the bus has lost it: that is told', async () => {
    const given = told({ [DOMAIN]: good });
    const lost = [keyNameOf(given.view.certificates[0]!)];
    const { files, faults } = await served({ ...given, lost });
    assert.deepEqual(files, { [DOMAIN]: fileOf(good) });
    const [fault, ...more] = faults;
    assert.deepEqual(more, []);
    assert.match(fault!.message, /^the bus has lost the key of the certificate for shop\./);
    assert.equal(fault!.why, 'this node goes on with its own copy');
  });

  it('is one whose key is nowhere: the live one stays, and else it is left out', async () => {
    const given = told({ [DOMAIN]: other, 'blog.example.com': other });
    const [shop, blog] = given.view.certificates.map(keyNameOf);
    const secrets = { 'certificate/default': 'own' };
    const { files, faults } = await served({ ...given, secrets, lost: [shop!, blog!] });
    assert.deepEqual(files, { [DOMAIN]: fileOf(good) });
    assert.deepEqual(
      faults.map(({ why }) => why),
      [
        'this node has no copy of it: what was served before stays',
        'this node has no copy of it: until then blog.example.com gets the certificate for names that have none',
      ],
    );
  });
});

describe('what is told of a certificate before it is served', function () {
  this.timeout(60_000);
  let folder: string;
  let kinds: Record<string, KeyedCertificate>;

  before('certificates as people have them', async () => {
    folder = await mkdtemp('/tmp/kato-certificates-');
    const [good, other] = await Promise.all([makeSelfSigned(DOMAIN), makeSelfSigned(DOMAIN)]);
    const authority = await made('authority', 'req -x509 -newkey rsa:2048', '');
    const signed = async (digest: string) => {
      const { key } = await made(digest, 'req -newkey rsa:2048', '');
      const by = '-CA authority.crt -CAkey authority.key -CAcreateserial';
      await openssl(`x509 -req -in ${digest}.crt ${by} -out ${digest}.pem -days 9 -${digest}`);
      return { key, certificate: await readFile(join(folder, `${digest}.pem`), 'utf8') };
    };
    kinds = {
      'one that kato made': good,
      'the key of another': { certificate: good.certificate, key: other.key },
      'signed with SHA-256': await signed('sha256'),
      'signed with SHA-1': await signed('sha1'),
      'signed with SHA-1, by itself': await made('own-sha1', 'req -x509 -newkey rsa:2048', '-sha1'),
      'RSA of 1024 bits': await made('short', 'req -x509 -newkey rsa:1024', ''),
      Ed25519: await made('ed', 'req -x509 -newkey ed25519', ''),
      'with its authority': {
        ...good,
        certificate: good.certificate + authority.certificate,
      },
      'with an authority of 1024 bits': {
        ...good,
        certificate:
          good.certificate + (await made('s2', 'req -x509 -newkey rsa:1024', '')).certificate,
      },
      'half a certificate': { ...good, certificate: good.certificate.slice(0, 300) },
      'no certificate': { ...good, certificate: '' },
      'no key': { ...good, key: '' },
    };
  });
  after(() => rm(folder, { recursive: true }));

  const openssl = (line: string) => run('openssl', line.split(' '), { cwd: folder });
  const made = async (name: string, how: string, more: string): Promise<KeyedCertificate> => {
    const files = `-nodes -keyout ${name}.key -out ${name}.crt -subj /CN=${name}.example.com`;
    const names = how.includes('x509') ? ` -days 9 -addext subjectAltName=DNS:${DOMAIN}` : '';
    await openssl(`${how} ${files}${names}${more === '' ? '' : ` ${more}`}`);
    const read = (end: string) => readFile(join(folder, `${name}.${end}`), 'utf8');
    return { key: await read('key'), certificate: await read('crt') };
  };
  /** A router's config with it, checked as the agent checks it. */
  const isTaken = async (
    { certificate, key }: KeyedCertificate,
    fallback: KeyedCertificate | null = kinds['one that kato made']!,
  ): Promise<boolean> => {
    const one = { domain: DOMAIN, chain: certificate, notAfter };
    const { route, pool } = testRoute(DOMAIN, '/', []);
    const node = testNode(['router'], { address: '127.0.46.9' });
    const changes = { node, certificates: [one], routes: [route], pools: [pool] };
    const { 'certificate/default': _other, ...rest } = viewSecrets;
    const own = fallback === null ? {} : { 'certificate/default': fileOf(fallback) };
    const secrets = { ...rest, ...own, [keyNameOf(one)]: key } as typeof viewSecrets;
    const paths = makeRoot();
    const router = await compileProcess(testView(['router'], changes), 'router', paths, secrets);
    const [program = '', ...words] = checkOf(router, putConfig(router, paths));
    const taken = await run(program, words).then(
      () => true,
      () => false,
    );
    await rm(paths.root, { recursive: true });
    return taken;
  };

  it('is what nginx says of a config that has it', async () => {
    const pems = Object.values(kinds).map(({ certificate, key }) => pemOf(key, certificate));
    const refused = await refusedByNginx(pems, folder);
    const said: Record<string, boolean> = {};
    const so: Record<string, boolean> = {};
    for (const [i, [kind, one]] of Object.entries(kinds).entries()) {
      said[kind] = !refused!.has(pems[i]!);
      so[kind] = await isTaken(one);
    }
    assert.deepEqual(said, so);
    assert.equal(so['one that kato made'], true);
    assert.equal(so['the key of another'], false);
  });

  it('is served also where the one for all other names is lost', async () => {
    assert.equal(await isTaken(kinds['one that kato made']!, null), true);
    assert.equal(await isTaken(kinds['the key of another']!, null), false, 'it is in the config');
  });

  it('is told to who installs it, where the controller has an nginx', async () => {
    const known = { cluster: clusterWith({}), secret: async () => null } as unknown as Knowledge;
    const install = ({ certificate: chain, key }: KeyedCertificate) =>
      certificateInstall.prepare(
        known,
        { domain: DOMAIN, chain, key, update: false },
        testNode([]),
      );
    const weak = kinds['signed with SHA-1']!;
    const isWeak = !(await isTaken(weak));
    const refusal = await install(weak).then(
      () => null,
      (error: KatoError) => error.message,
    );
    assert.equal(refusal, isWeak ? 'nginx would not load this certificate' : null);
    await install(kinds['one that kato made']!);
  });
});
