import { X509Certificate } from 'node:crypto';
import { counted } from '../../../../domain/base/counted.ts';
import { refuse } from '../../../../domain/base/error.ts';
import type { Certificate } from '../../../../domain/document/cluster.ts';
import { CERTIFICATE_WARNING_DAYS } from '../../../../domain/telling/checks.ts';
import { ChangeCommand, type Request } from '../../../framework/change-command.ts';
import { word } from '../../../framework/command.ts';
import { Flags } from '../../../framework/oclif.ts';
import { readTextFile } from '../../../input/read-file.ts';
import { localTime } from '../../../render/text/time.ts';

export default class CertificateInstall extends ChangeCommand<Certificate> {
  static override summary = 'Serve a domain over TLS on all routers and load balancers.';
  static override description =
    'CERT is the chain in PEM with the certificate of the domain first; KEY must belong to it.\n' +
    'DOMAIN may be *.example.com for all names below example.com.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.key shop.pem shop.example.com',
    '<%= config.bin %> <%= command.id %> --update all.key all.pem "*.example.com"',
  ];
  static override args = {
    key: word({ names: 'file', required: true, description: 'File with the private key, PEM.' }),
    cert: word({ names: 'file', required: true, description: 'File with the chain, PEM.' }),
    domain: word({ names: 'domain', required: true, description: 'The domain.' }),
  };
  static override flags = {
    update: Flags.boolean({ summary: 'Replace an existing certificate.' }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(CertificateInstall);
    // One after the other, so that the same file is named each time when neither can be read.
    const key = await readTextFile(args.key);
    const chain = await readTextFile(args.cert);
    checkPem(args, key, chain);
    const { domain } = args;
    return {
      operation: 'certificate.install',
      params: { domain, chain, key, update: flags.update },
      certificate: domain.toLowerCase(),
    };
  }

  protected say({ domain, chain, notAfter }: Certificate): readonly string[] {
    const notBefore = new X509Certificate(chain).validFromDate;
    const days = Math.floor((Date.parse(notAfter) - Date.now()) / DAY_MS);
    return [
      `${domain} is served with this certificate, good until ${localTime(notAfter)}`,
      ...(days < CERTIFICATE_WARNING_DAYS ? [`note: it expires in ${counted(days, 'day')}`] : []),
      ...(notBefore.getTime() > Date.now()
        ? [`note: clients do not accept it before ${localTime(notBefore.toISOString())}`]
        : []),
    ];
  }
}

/**
 * Names the file with the wrong contents. Whether the two belong together is checked by the
 * operation.
 */
function checkPem(files: { key: string; cert: string }, key: string, chain: string): void {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(key)) {
    throw refuse(
      'BAD_FILE',
      `the key in ${files.key} is locked by a passphrase`,
      'routers start with nobody there to type it',
      `openssl pkey -in ${files.key} -out FILE writes the key without a passphrase`,
    );
  }
  const next = 'KEY comes first, then CERT: kato op custom_ssl_cert install KEY CERT DOMAIN';
  if (!/BEGIN [A-Z ]*PRIVATE KEY/.test(key)) {
    const why = /BEGIN CERTIFICATE/.test(key)
      ? 'it holds a certificate'
      : 'it has no PEM block of that kind';
    throw refuse('BAD_FILE', `there is no private key in ${files.key}`, why, next);
  }
  if (!/BEGIN CERTIFICATE/.test(chain)) {
    const why = /PRIVATE KEY/.test(chain) ? 'it holds a key' : 'it has no PEM block of that kind';
    throw refuse('BAD_FILE', `there is no certificate in ${files.cert}`, why, next);
  }
}

const DAY_MS = 86_400_000;
