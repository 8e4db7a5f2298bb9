import { refuse } from '../domain/base/error.ts';
import type { ErrorRecord } from '../domain/base/error-codes.ts';
import { sha256 } from '../domain/base/hash.ts';
import type { Certificate } from '../domain/document/cluster.ts';
import type { Paths } from '../domain/making/paths.ts';
import { keyNameOf } from '../domain/traffic/certificates.ts';
import { certificateFile } from '../domain/traffic/nginx/certificate-files.ts';
import { splitPem, whyUnusable } from '../machine/certificates.ts';
import { folderNames, readIfExists } from '../machine/disk/files.ts';
import type { Delivery } from '../machine/node/ledger.ts';

/**
 * What a node was told, without the certificates that no server would load: one of them would make
 * nginx refuse everything new, for every domain. Instead the live one stays, if there is one.
 */
export async function withUsableCertificates(
  { view, secrets, hash }: Delivery,
  paths: Paths,
): Promise<{ delivery: Delivery; faults: ErrorRecord[] }> {
  const certificates: Certificate[] = [];
  const keys: Record<string, string> = {};
  const faults: ErrorRecord[] = [];
  for (const certificate of view.certificates) {
    const key = secrets[keyNameOf(certificate)];
    const why = key === undefined ? null : judge(certificate, key);
    if (why === null) certificates.push(certificate);
    else {
      faults.push(fault(certificate.domain, why));
      const live = await liveOf(certificate, paths);
      if (live === null) continue;
      const stays = { ...certificate, chain: live.chain };
      certificates.push(stays);
      keys[keyNameOf(stays)] = live.key;
    }
  }
  const delivery = { hash, view: { ...view, certificates }, secrets: { ...secrets, ...keys } };
  return { delivery, faults };
}

/** Loading one takes a millisecond, and most stay as they are from pass to pass. */
const judged = new Map<string, string | null>();
const JUDGED_MAX = 10_000;

function judge(certificate: Certificate, key: string): string | null {
  const name = `${keyNameOf(certificate)} ${sha256(key)}`;
  const known = judged.get(name);
  if (known !== undefined) return known;
  const why = whyUnusable(certificate.chain, key);
  if (judged.size >= JUDGED_MAX) judged.clear();
  judged.set(name, why);
  return why;
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
    if (whyUnusable(live.chain, live.key) === null) return live;
  }
  return null;
}

function fault(domain: string, why: string): ErrorRecord {
  return refuse(
    'BAD_FILE',
    `the certificate for ${domain} cannot be loaded, and is left out`,
    why,
    `kato op custom_ssl_cert install --update KEY CERT ${domain}`,
  ).toJSON();
}
