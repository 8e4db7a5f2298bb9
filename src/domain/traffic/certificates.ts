import { refuse } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import { checkHostPattern, didYouMean } from '../base/names.ts';
import { own } from '../base/own.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Certificate, Cluster } from '../document/cluster.ts';

/** The secret `certificate/default` is the cluster's own. */
const FALLBACK = 'default';

export interface CertificateInstall extends Certificate {
  /** DNS names that the certificate is for. */
  names: readonly string[];
  update: boolean;
  /** The cluster has this very key for the chain. */
  keyIsThere: boolean;
}

/** The secret that holds the key. Each chain has its own, so that the two change together. */
export function keyNameOf({ domain, chain }: Pick<Certificate, 'domain' | 'chain'>): string {
  return `certificate/${domain.replace('*', '_')}/${sha256(chain).slice(0, KEY_ID_LENGTH)}`;
}

const KEY_ID_LENGTH = 16;

/** Installs a certificate for a domain on all routers and load balancers. */
export function installCertificate(
  cluster: Cluster,
  params: CertificateInstall,
  asked: Asked,
): Decision<Certificate> {
  const domain = checkHostPattern(params.domain);
  if (domain === FALLBACK) {
    throw refuse('BAD_NAME', `'${domain}' is kept for names that have no certificate`);
  }
  refuseUnfit(domain, params, asked.at);
  const before = own(cluster.certificates, domain);
  if (before?.chain === params.chain && params.keyIsThere) return unchanged(cluster, before);
  if (before !== undefined && !params.update) {
    throw refuse(
      'CONFLICT',
      `there is already a certificate for ${domain}`,
      undefined,
      'replace it with --update',
    );
  }
  const { notBefore } = params;
  const certificate = {
    ...{ domain, chain: params.chain, notAfter: params.notAfter },
    ...(notBefore !== undefined && notBefore > asked.at ? { notBefore } : {}),
    ...(before?.chain === params.chain ? { keyReplacedAt: asked.at } : {}),
  };
  const certificates = { ...cluster.certificates, [domain]: certificate };
  return changed(cluster, { certificates }, certificate);
}

/** Clients would refuse it: better here and now. */
function refuseUnfit(
  domain: string,
  { names: given, notAfter }: CertificateInstall,
  at: string,
): void {
  const names = given.map((name) => name.toLowerCase());
  if (!names.includes(domain) && !names.includes(wildcardOf(domain))) {
    throw refuse(
      'BAD_VALUE',
      `the certificate is not for ${domain}`,
      `it names ${names.join(', ') || 'no host'}`,
    );
  }
  if (notAfter <= at) {
    throw refuse('BAD_VALUE', `the certificate for ${domain} has expired`, `on ${notAfter}`);
  }
}

/** The pattern that a host name has in common with those beside it. */
export function wildcardOf(host: string): string {
  return host.replace(/^[^.]+/, '*');
}

export function removeCertificate(
  cluster: Cluster,
  params: { domain: string },
): Decision<Certificate> {
  const domain = params.domain.toLowerCase();
  const { [domain]: _gone, ...certificates } = cluster.certificates;
  const certificate = own(cluster.certificates, domain);
  if (certificate === undefined) {
    throw refuse(
      'NOT_FOUND',
      `there is no certificate for ${domain}`,
      didYouMean(domain, Object.keys(cluster.certificates)),
      'kato op custom_ssl_cert list',
    );
  }
  return changed(cluster, { certificates }, certificate);
}
