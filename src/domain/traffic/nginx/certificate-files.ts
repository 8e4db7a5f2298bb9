import type { View } from '../../views/view.ts';
import { keyNameOf, wildcardOf } from '../certificates.ts';

/** A certificate as a file that holds key and chain: nginx takes both from one. */
export interface CertificateView {
  /** Host name or `*.` pattern; null for the one that serves every other name. */
  domain: string | null;
  file: string;
  pem: string;
}

/** Key and chain in PEM, made by the cluster for itself, so that TLS always works. */
const FALLBACK = 'certificate/default';

/**
 * Certificates whose keys are here; the fallback first. Where that is lost another one is shown for
 * names that have none, as nginx does. Without any there is no TLS.
 */
export function certificatesOf(
  view: View,
  secrets: Readonly<Record<string, string>>,
): CertificateView[] {
  const fallback = secrets[FALLBACK];
  const installed = view.certificates.flatMap(({ domain, chain }) => {
    const key = secrets[keyNameOf({ domain, chain })];
    if (key === undefined) return [];
    return [{ domain, file: certificateFile(domain), pem: pemOf(key, chain) }];
  });
  const file = 'default-certificate.pem';
  if (fallback === undefined) return installed;
  return [{ domain: null, file, pem: fallback.trimEnd() }, ...installed];
}

/** As it stands in one file. */
export function pemOf(key: string, chain: string): string {
  return `${privateKeyIn(key)}\n${chain.trimEnd()}`;
}

/** Its name in the config folder of whoever serves the domain. */
export function certificateFile(domain: string): string {
  return `certificate-${domain.replace('*', '_')}.pem`;
}

/** Without what else a key file may hold: nginx takes the first certificate for the one of the key. */
function privateKeyIn(text: string): string {
  return (PRIVATE_KEY.exec(text)?.[0] ?? text).trimEnd();
}

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/;

/** The file for a host name: its own, else one for all names beside it, else the fallback. */
export function certificateFor(certificates: CertificateView[], host: string): string | null {
  const found =
    certificates.find(({ domain }) => domain === host) ??
    certificates.find(({ domain }) => domain === wildcardOf(host)) ??
    certificates[0];
  return found?.file ?? null;
}
