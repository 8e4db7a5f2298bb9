import { refuse } from '../domain/base/error.ts';
import type { ErrorRecord } from '../domain/base/error-codes.ts';
import { sha256 } from '../domain/base/hash.ts';
import type { Certificate } from '../domain/document/cluster.ts';
import type { Paths } from '../domain/making/paths.ts';
import { keyNameOf } from '../domain/traffic/certificates.ts';
import { certificateFile, pemOf } from '../domain/traffic/nginx/certificate-files.ts';
import { refusedByNginx } from '../machine/certificate-check.ts';
import { splitPem } from '../machine/certificates.ts';
import { folderNames, readIfExists } from '../machine/disk/files.ts';
import type { Delivery } from '../machine/node/ledger.ts';
import { WHEN_LOST } from '../operations/secrets.ts';

/**
 * What a node was told, without the certificates that nginx would not load or that have no key: one of
 * them would make it refuse everything new, for every domain. Instead the live one stays, if there is one.
 */
export async function withUsableCertificates(
  told: Delivery,
  paths: Paths,
): Promise<{ delivery: Delivery; faults: ErrorRecord[] }> {
  const { view, secrets } = told;
  const files = view.certificates.map((certificate) => {
    const key = secrets[keyNameOf(certificate)];
    return { certificate, pem: key === undefined ? null : pemOf(key, certificate.chain) };
  });
  const refused = await judge(files.flatMap(({ pem }) => pem ?? []));
  const certificates: Certificate[] = [];
  const keys: Record<string, string> = {};
  const faults = lostFaults(told);
  for (const { certificate, pem } of files) {
    const why = pem === null ? null : refused(pem);
    if (pem !== null && why === null) {
      certificates.push(certificate);
      continue;
    }
    if (why !== null) faults.push(leftOut(certificate.domain, why));
    const live = await liveOf(certificate, paths);
    if (live === null) continue;
    const stays = { ...certificate, chain: live.chain };
    certificates.push(stays);
    keys[keyNameOf(stays)] = live.key;
  }
  const usable = { view: { ...view, certificates }, secrets: { ...secrets, ...keys } };
  return { delivery: { ...told, ...usable }, faults };
}

/** Why nginx refuses a file, by its hash: most stay as they are from pass to pass. */
const judged = new Map<string, string | null>();
const JUDGED_MAX = 10_000;

/** Null where it would load it. */
async function judge(files: readonly string[]): Promise<(file: string) => string | null> {
  if (judged.size > JUDGED_MAX) judged.clear();
  const fresh = files.filter((file) => !judged.has(sha256(file)));
  const refused = fresh.length === 0 ? null : await refusedByNginx(fresh);
  if (refused !== null) {
    for (const file of fresh) judged.set(sha256(file), refused.get(file) ?? null);
  }
  return (file) => judged.get(sha256(file)) ?? null;
}

/** From the config of a program here that serves the domain. */
async function liveOf(
  { domain }: Certificate,
  paths: Paths,
): Promise<{ chain: string; key: string } | null> {
  for (const process of await folderNames(paths.config)) {
    const pem = await readIfExists(`${paths.config}/${process}/current/${certificateFile(domain)}`);
    if (pem === null) continue;
    const live = splitPem(pem);
    const file = pemOf(live.key, live.chain);
    const refused = await judge([file]);
    if (refused(file) === null) return live;
  }
  return null;
}

function leftOut(domain: string, why: string): ErrorRecord {
  return refuse(
    'BAD_FILE',
    `the certificate for ${domain} cannot be loaded, and is left out`,
    `nginx says: ${why}; what was served before stays`,
    `kato op custom_ssl_cert install --update KEY CERT ${domain}`,
  ).toJSON();
}

/** Of what the bus could not give. */
function lostFaults({ view, secrets, lost = [] }: Delivery): ErrorRecord[] {
  const known = [...view.certificates, ...Object.values(view.document?.certificates ?? {})];
  const domains = new Map(known.map((one) => [keyNameOf(one), one.domain]));
  return lost.map((name) => {
    const why = name in secrets ? HAS_COPY : HAS_NONE;
    const domain = domains.get(name);
    return domain === undefined ? fallbackLost(why) : keyLost(domain, why);
  });
}

const HAS_COPY = 'this node goes on with its own copy';
const HAS_NONE = 'this node has no copy of it: what was served before stays';

function keyLost(domain: string, why: string): ErrorRecord {
  return refuse(
    'BAD_FILE',
    `the bus has lost the key of the certificate for ${domain}, or cannot open it`,
    why,
    `kato op custom_ssl_cert install --update KEY CERT ${domain}`,
  ).toJSON();
}

function fallbackLost(why: string): ErrorRecord {
  return refuse(
    'BAD_FILE',
    'the bus has lost the certificate for names that have none, or cannot open it',
    why,
    WHEN_LOST,
  ).toJSON();
}
