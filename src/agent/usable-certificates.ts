import { type KatoError, refuse } from '../domain/base/error.ts';
import { sha256 } from '../domain/base/hash.ts';
import type { Certificate } from '../domain/document/cluster.ts';
import type { Paths } from '../domain/making/paths.ts';
import type { StepFailure } from '../domain/making/step.ts';
import { keyNameOf } from '../domain/traffic/certificates.ts';
import {
  type CertificateView,
  certificateFile,
  certificateFor,
  certificatesOf,
  pemOf,
} from '../domain/traffic/nginx/certificate-files.ts';
import { refusedByNginx } from '../machine/certificate-check.ts';
import { splitPem } from '../machine/certificates.ts';
import { folderNames, readIfExists } from '../machine/disk/files.ts';
import { AGENT } from '../machine/disk/places.ts';
import type { Delivery } from '../machine/node/ledger.ts';
import { WHEN_LOST } from '../operations/secrets.ts';

/**
 * What a node was told, without the certificates that nginx would not load or that have no key: one of
 * them would make it refuse everything new, for every domain. Instead the live one stays, if there is one.
 */
export async function withUsableCertificates(
  told: Delivery,
  paths: Paths,
): Promise<{ delivery: Delivery; faults: StepFailure[] }> {
  const { view, secrets } = told;
  const files = view.certificates.map((certificate) => {
    const key = secrets[keyNameOf(certificate)];
    return { certificate, pem: key === undefined ? null : pemOf(key, certificate.chain) };
  });
  const pems = files.flatMap(({ pem }) => pem ?? []);
  await judgeOneAnew(pems, paths);
  const refused = await judge(pems, paths);
  const certificates: Certificate[] = [];
  const keys: Record<string, string> = {};
  const bad: { domain: string; why: string; stays: boolean }[] = [];
  for (const { certificate, pem } of files) {
    const why = pem === null ? NO_KEY : refused(pem);
    if (why === null) {
      certificates.push(certificate);
      continue;
    }
    const live = await liveOf(certificate, paths);
    bad.push({ domain: certificate.domain, why, stays: live !== null });
    if (live === null) continue;
    const stays = { ...certificate, chain: live.chain };
    certificates.push(stays);
    keys[keyNameOf(stays)] = live.key;
  }
  const usable = { view: { ...view, certificates }, secrets: { ...secrets, ...keys } };
  const served = certificatesOf(usable.view, usable.secrets);
  const outcomes = new Map(
    bad.map(({ domain, stays }) => [domain, stays ? STAYS : shownInstead(domain, served)]),
  );
  const faults = [
    ...lostFaults(told, outcomes),
    ...bad.flatMap(({ domain, why }) =>
      why === NO_KEY ? [] : leftOut(domain, `nginx says: ${why}; ${outcomes.get(domain)}`),
    ),
  ];
  return { delivery: { ...told, ...usable }, faults };
}

const NO_KEY = 'its key is not here';
const STAYS = 'what was served before stays';

/** What clients get who ask for the domain. */
function shownInstead(domain: string, served: CertificateView[]): string {
  const file = certificateFor(served, domain);
  const shown = served.find((one) => one.file === file);
  if (shown === undefined) return 'there is no other, and so no TLS';
  return `until then ${domain} gets the certificate for ${shown.domain ?? 'names that have none'}`;
}

/** Why nginx refuses a file, by its hash: most stay as they are from pass to pass. */
const judged = new Map<string, string | null>();
const JUDGED_MAX = 10_000;

/** A certificate that was good is not for ever: what nginx and its OpenSSL take may change. */
export function forgetVerdicts(): void {
  judged.clear();
}

/**
 * Nor is one that was refused. They take turns, so that many cost a pass no more than one does: where one
 * is good now, all the others are judged again.
 */
async function judgeOneAnew(files: readonly string[], { scratch }: Paths): Promise<void> {
  const byHash = new Map(files.map((file) => [sha256(file), file]));
  const isOne = ([hash, why]: [string, string | null]): boolean => why !== null && byHash.has(hash);
  const [hash] = [...judged].find(isOne) ?? [];
  if (hash === undefined) return;
  const file = byHash.get(hash)!;
  const refused = await refusedByNginx([file], scratch);
  if (refused === null) return;
  const why = refused.get(file);
  if (why === undefined) return forgetVerdicts();
  judged.delete(hash);
  judged.set(hash, why);
}

/** Null where it would load it. */
async function judge(
  files: readonly string[],
  { scratch }: Paths,
): Promise<(file: string) => string | null> {
  if (judged.size > JUDGED_MAX) judged.clear();
  const fresh = files.filter((file) => !judged.has(sha256(file)));
  const refused = fresh.length === 0 ? null : await refusedByNginx(fresh, scratch);
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
    const refused = await judge([file], paths);
    if (refused(file) === null) return live;
  }
  return null;
}

function leftOut(domain: string, why: string): StepFailure {
  const error = refuse(
    'BAD_FILE',
    `the certificate for ${domain} cannot be loaded, and is left out`,
    why,
    `kato op custom_ssl_cert install --update KEY CERT ${domain}`,
  );
  return faultOf(error, domain);
}

/** Of what the bus could not give. */
function lostFaults(
  { view, secrets, lost = [] }: Delivery,
  outcomes: ReadonlyMap<string, string>,
): StepFailure[] {
  const known = [...view.certificates, ...Object.values(view.document?.certificates ?? {})];
  const domains = new Map(known.map((one) => [keyNameOf(one), one.domain]));
  return lost.map((name) => {
    const domain = domains.get(name);
    const has = name in secrets;
    if (domain === undefined) return fallbackLost(has ? HAS_COPY : NONE_TO_SHOW);
    const none = [HAS_NONE, outcomes.get(domain) ?? []].flat().join(': ');
    return keyLost(domain, has ? HAS_COPY : none);
  });
}

const HAS_COPY = 'this node goes on with its own copy';
const HAS_NONE = 'this node has no copy of it';
const NONE_TO_SHOW = `${HAS_NONE}: names that have none get another one, if there is any`;

function keyLost(domain: string, why: string): StepFailure {
  const error = refuse(
    'BAD_FILE',
    `the bus has lost the key of the certificate for ${domain}, or cannot open it`,
    why,
    `kato op custom_ssl_cert install --update KEY CERT ${domain}`,
  );
  return faultOf(error, domain);
}

function fallbackLost(why: string): StepFailure {
  return faultOf(
    refuse(
      'BAD_FILE',
      'the bus has lost the certificate for names that have none, or cannot open it',
      why,
      WHEN_LOST,
    ),
  );
}

function faultOf(error: KatoError, certificate?: string): StepFailure {
  const about = certificate === undefined ? {} : { certificate };
  return { kind: 'use-certificate', process: AGENT, ...error.toJSON(), ...about };
}
