import type { Certificate, Cluster } from '../cluster.ts';
import { refuse } from '../error.ts';
import { checkHostPattern } from '../names.ts';
import { changed, type Decision } from './change.ts';

/** The secret `certificate/default` is the cluster's own. */
const FALLBACK = 'default';

/** Installs a certificate for a domain on all routers and load balancers. */
export function installCertificate(
  cluster: Cluster,
  params: Certificate & { update: boolean },
): Decision<Certificate> {
  const domain = checkHostPattern(params.domain);
  if (domain === FALLBACK) {
    throw refuse('BAD_NAME', `'${domain}' is kept for names that have no certificate`);
  }
  if (cluster.certificates[domain] !== undefined && !params.update) {
    throw refuse(
      'CONFLICT',
      `there is a certificate for ${domain} already`,
      undefined,
      'replace it with --update',
    );
  }
  const certificate = { domain, chain: params.chain, notAfter: params.notAfter };
  const certificates = { ...cluster.certificates, [domain]: certificate };
  return changed(cluster, { certificates }, certificate, edgeIds(cluster));
}

export function removeCertificate(
  cluster: Cluster,
  params: { domain: string },
): Decision<Certificate> {
  const domain = params.domain.toLowerCase();
  const { [domain]: certificate, ...certificates } = cluster.certificates;
  if (certificate === undefined) {
    throw refuse(
      'NOT_FOUND',
      `there is no certificate for ${domain}`,
      undefined,
      'kato op custom_ssl_cert list',
    );
  }
  return changed(cluster, { certificates }, certificate, edgeIds(cluster));
}

function edgeIds(cluster: Cluster): string[] {
  return Object.values(cluster.nodes)
    .filter((node) => 'router' in node.roles || 'load_balancer' in node.roles)
    .map((node) => node.id);
}
