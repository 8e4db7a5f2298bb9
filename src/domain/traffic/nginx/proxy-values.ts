import { isNetwork } from '../../base/names.ts';
import type { CommonValues } from '../../making/values.ts';
import type { View } from '../../views/view.ts';
import { type CertificateView, certificatesOf } from './certificate-files.ts';
import { CLAIMS, type Claim, disguises } from './claims.ts';

/** What routers and load balancers have in common. */
export interface ProxyValues {
  /** Fallback first; empty without TLS. */
  certificates: CertificateView[];
  tls: boolean;
  /** File of the fallback; empty without TLS. */
  fallback: string;
  /** Addresses and networks whose X-Forwarded headers are believed. */
  trusted: string[];
  /** Further headers that pass only from these. */
  claims: readonly Claim[];
  /** Headers that are cleared because those with underscores pass; empty where these do not. */
  disguises: string[];
  /** Any header passes. */
  oddHeaders: boolean;
}

export function proxyValues(
  view: View,
  secrets: Readonly<Record<string, string>>,
  { settings }: CommonValues,
): ProxyValues {
  const certificates = certificatesOf(view, secrets);
  const asked = Array.isArray(settings.trusted_proxies) ? settings.trusted_proxies : [];
  const trusted = [...new Set([...view.trustedProxies, ...asked])].filter(isNetwork).sort();
  return {
    certificates,
    tls: certificates.length > 0,
    fallback: certificates[0]?.file ?? '',
    trusted,
    claims: CLAIMS,
    disguises: settings.odd_headers === 'drop' ? [] : disguises(),
    oddHeaders: settings.odd_headers === 'all',
  };
}
