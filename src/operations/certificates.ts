import { tmpdir } from 'node:os';
import * as v from 'valibot';
import { checkHostPattern } from '../domain/base/names.ts';
import { own } from '../domain/base/own.ts';
import { text, word } from '../domain/base/shapes.ts';
import type { Cluster } from '../domain/document/cluster.ts';
import {
  installCertificate,
  keyNameOf,
  removeCertificate,
} from '../domain/traffic/certificates.ts';
import { pemOf } from '../domain/traffic/nginx/certificate-files.ts';
import { refusedByNginx } from '../machine/certificate-check.ts';
import { inspectCertificate, unloadable } from '../machine/certificates.ts';
import { preparedChange, read } from './operation.ts';

/** As much as kato reads of a file. */
const PEM = text(1_000_000);

export const certificateInstall = preparedChange(
  'certificate.install',
  'admin',
  v.strictObject({ domain: word, chain: PEM, key: PEM, update: v.boolean() }),
  async (known, { domain: pattern, chain: file, key: keyFile, update }) => {
    const domain = checkHostPattern(pattern);
    const { chain, key, names, notBefore, notAfter } = inspectCertificate(file, keyFile);
    await askNginx(pemOf(key, chain));
    const keyName = keyNameOf({ domain, chain });
    // One that cannot be opened must be replaced, too.
    const keyIsThere = (await known.secret(keyName).catch(() => null)) === key;
    const certificate = { domain, chain, names, notBefore, notAfter, update, keyIsThere };
    return {
      decide: (cluster, asked) => installCertificate(cluster, certificate, asked),
      secrets: { [keyName]: key },
      forget: (before, after) => keysLost(domain, before, after),
    };
  },
  ({ domain, update }) => ({ domain, update }),
);

/** Where this machine has one: it knows more than we do. Each router asks its own. */
async function askNginx(file: string): Promise<void> {
  const why = (await refusedByNginx([file], tmpdir()))?.get(file);
  if (why !== undefined) throw unloadable('nginx would not load this certificate', why);
}

export const certificateRemove = preparedChange(
  'certificate.remove',
  'admin',
  v.strictObject({ domain: word }),
  async (_known, params) => ({
    decide: (cluster) => removeCertificate(cluster, params),
    forget: (before, after) => keysLost(params.domain.toLowerCase(), before, after),
  }),
);

/** The key of the certificate that the domain had, unless it has that still. */
function keysLost(domain: string, before: Cluster, after: Cluster): string[] {
  const names = ({ certificates }: Cluster): string[] => {
    const certificate = own(certificates, domain);
    return certificate === undefined ? [] : [keyNameOf(certificate)];
  };
  const kept = names(after);
  return names(before).filter((name) => !kept.includes(name));
}

export const certificateList = read(
  'certificate.list',
  'anyone',
  v.strictObject({}),
  async (known) => Object.values(known.cluster.certificates),
);
