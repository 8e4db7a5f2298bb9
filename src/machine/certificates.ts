import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { refuse } from '../domain/base/error.ts';
import { run } from './command.ts';
import { translated } from './disk/files.ts';

/** They are pinned, not renewed: a cluster must not stop on some day years from now. */
const VALID_DAYS = 20 * 365;
/** Browsers accept at most 825, including the backdated one. */
const SELF_SIGNED_DAYS = 824;
/** Backdated one day, so that a slow clock accepts it. */
const BACKDATED_MS = 24 * 3600 * 1000;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export interface KeyedCertificate {
  /** PEM; for a leaf, its chain, leaf first. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

/** The CA that vouches for the bus of one cluster, and for nothing else. EC P-256. */
export function makeClusterAuthority(clusterId: string): Promise<KeyedCertificate> {
  return makeCertificate({
    subject: `/O=kato/CN=kato cluster ${clusterId}`,
    days: VALID_DAYS,
    extensions: [
      'basicConstraints=critical,CA:TRUE,pathlen:0',
      'keyUsage=critical,keyCertSign,cRLSign',
    ],
  });
}

/** Named `bus.<cluster id>` whatever the core's address is. The chain holds leaf and CA. */
export async function makeBusCertificate(
  authority: KeyedCertificate,
  clusterId: string,
): Promise<KeyedCertificate> {
  const leaf = await makeCertificate({
    subject: `/O=kato/CN=bus.${clusterId}`,
    days: VALID_DAYS,
    extensions: serverExtensions([`bus.${clusterId}`]),
    authority,
  });
  return { certificate: `${leaf.certificate}${authority.certificate}`, key: leaf.key };
}

/** For a domain and all names one label below it, until a true one is installed. */
export function makeSelfSigned(domain: string): Promise<KeyedCertificate> {
  return makeCertificate({
    subject: `/CN=${domain.slice(0, 64)}`,
    days: SELF_SIGNED_DAYS,
    extensions: serverExtensions([domain, `*.${domain}`]),
  });
}

export interface CertificateFacts {
  /** Only the certificates: a file may also hold its key, which nobody else may see. */
  chain: string;
  /**
   * Only the private key, PEM, PKCS #8: servers take the first certificate of a file as their own.
   */
  key: string;
  /** DNS names, wildcards as they are written. */
  names: string[];
  /** ISO times. */
  notBefore: string;
  notAfter: string;
}

/** Facts of a chain's leaf. BAD_FILE when a part is no PEM or the key is not the leaf's. */
export function inspectCertificate(chain: string, key: string): CertificateFacts {
  const blocks = chain.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) {
    throw refuse('BAD_FILE', 'the certificate file holds no certificate', 'it has no PEM block');
  }
  const certificates = blocks.map((block) =>
    parsed('certificate', () => new X509Certificate(block)),
  );
  const leaf = certificates[0]!;
  const privateKey = parsed('key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw refuse(
      'BAD_FILE',
      'the key does not belong to the certificate',
      `the first certificate in the file is for ${leaf.subject.replaceAll('\n', ', ')}`,
      'give the leaf first in the chain, and the key that it was made with',
    );
  }
  const whole = `${blocks.join('\n')}\n`;
  const alone = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const unusable = whyUnusable(whole, alone);
  if (unusable !== null) {
    throw unloadable('no server would load this certificate', unusable);
  }
  return {
    chain: whole,
    key: alone,
    names: (leaf.subjectAltName ?? '')
      .split(', ')
      .flatMap((name) => name.match(/^DNS:(.*)$/)?.[1] ?? []),
    notBefore: leaf.validFromDate.toISOString(),
    notAfter: leaf.validToDate.toISOString(),
  };
}

/** `why` is what OpenSSL says: what is too weak for it has to be made anew. */
export function unloadable(message: string, why: string) {
  const next = 'have it made again with EC P-256 or RSA 2048, and SHA-256';
  return refuse('BAD_FILE', message, why, /too (small|weak)/.test(why) ? next : undefined);
}

/** What a file holds that was made for a server: the key, and the chain. */
export function splitPem(text: string): { chain: string; key: string } {
  const chain = (text.match(PEM_BLOCK) ?? []).join('\n');
  return { chain, key: text.replaceAll(PEM_BLOCK, '').trim() };
}

/** Why a server would not load it; null where it would. */
function whyUnusable(chain: string, key: string): string | null {
  try {
    createSecureContext({ cert: chain, key });
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^.*::/, '');
  }
}

interface Request {
  subject: string;
  days: number;
  extensions: string[];
  /** Signs it; without one it signs itself. */
  authority?: KeyedCertificate;
}

function serverExtensions(names: string[]): string[] {
  return [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
  ];
}

/** Node signs no certificates, so openssl does: keys reach it in files that only we can read. */
async function makeCertificate(request: Request): Promise<KeyedCertificate> {
  const { privateKey: key } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const { subject, days, authority } = request;
  const signer = { certificate: '', key, ...authority };
  const folder = await translated(tmpdir(), () => mkdtemp(join(tmpdir(), 'kato-certificate-')));
  const openssl = (line: string, ...more: string[]) =>
    run(['openssl', ...line.split(' '), '-config', 'config', ...more], { cwd: folder });
  try {
    const files = {
      config: authorityConfig(request),
      index: '',
      key,
      'signer.crt': signer.certificate,
      'signer.key': signer.key,
    };
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await translated(path, () => writeFile(path, content, { mode: 0o600 }));
    }
    await openssl('req -new -key key -out request', '-subj', subject);
    const by = authority === undefined ? '-selfsign' : '-cert signer.crt';
    const dates = `-startdate ${stampOf(Date.now() - BACKDATED_MS)} -days ${days}`;
    const paths = '-in request -keyfile signer.key -out certificate';
    await openssl(`ca -batch -notext -preserveDN ${by} ${dates} ${paths}`);
    return { certificate: await readFile(join(folder, 'certificate'), 'utf8'), key };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of a certificate authority that lives as long as one certificate takes. */
function authorityConfig({ extensions }: Request): string {
  return `[req]
distinguished_name=any
[ca]
default_ca=own
[own]
database=index
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=any
x509_extensions=extensions
[any]
organizationName=optional
commonName=supplied
[extensions]
${['subjectKeyIdentifier=hash', ...extensions].join('\n')}
`;
}

/** `20261231235959Z`. */
function stampOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:T]|\.\d+/g, '');
}

function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw refuse('BAD_FILE', `the ${what} file is not readable`, (error as Error).message);
  }
}
