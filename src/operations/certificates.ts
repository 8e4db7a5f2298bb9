import * as v from 'valibot';
import { installCertificate, removeCertificate } from '../domain/change/certificates.ts';
import { checkHostPattern } from '../domain/names.ts';
import { inspectCertificate } from '../machine/certificates.ts';
import { preparedChange, read } from './operation.ts';
import { SECRETS } from './secrets.ts';

export const certificateInstall = preparedChange(
  'certificate.install',
  'admin',
  v.strictObject({ domain: v.string(), chain: v.string(), key: v.string(), update: v.boolean() }),
  async (_known, { domain, chain: file, key, update }) => {
    const { chain, names, notAfter } = inspectCertificate(file, key);
    const certificate = { domain, chain, names, notAfter, update };
    return {
      decide: (cluster, asked) => installCertificate(cluster, certificate, asked),
      secrets: { [SECRETS.certificateKey(checkHostPattern(domain))]: key },
    };
  },
  ({ domain, update }) => ({ domain, update }),
);

export const certificateRemove = preparedChange(
  'certificate.remove',
  'admin',
  v.strictObject({ domain: v.string() }),
  async (_known, params) => ({
    decide: (cluster) => removeCertificate(cluster, params),
    forget: [SECRETS.certificateKey(params.domain.toLowerCase())],
  }),
);

export const certificateList = read(
  'certificate.list',
  'anyone',
  v.strictObject({}),
  async (known) => Object.values(known.cluster.certificates),
);
