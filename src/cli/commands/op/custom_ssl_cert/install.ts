import { CERTIFICATE_WARNING_DAYS } from '../../../../domain/checks.ts';
import type { Certificate } from '../../../../domain/cluster.ts';
import { ChangeCommand, type Request } from '../../../change-command.ts';
import { word } from '../../../command.ts';
import { Flags } from '../../../oclif.ts';
import { readTextFile } from '../../../read-file.ts';
import { localTime } from '../../../render/time.ts';

export default class CertificateInstall extends ChangeCommand<Certificate> {
  static override summary = 'Serve a domain over TLS: on all routers and load balancers.';
  static override description =
    'CERT is the chain in PEM with the certificate of the domain first; KEY must belong to it.\n' +
    'DOMAIN may be *.example.com for all names below example.com.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.key shop.pem shop.example.com',
    '<%= config.bin %> <%= command.id %> --update all.key all.pem "*.example.com"',
  ];
  static override args = {
    key: word({ required: true, description: 'File with the private key, PEM.' }),
    cert: word({ required: true, description: 'File with the chain, PEM.' }),
    domain: word({ required: true, description: 'The domain.' }),
  };
  static override flags = {
    update: Flags.boolean({ summary: 'Replace the certificate that is there.' }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(CertificateInstall);
    // One after the other, so that the same file is named each time when neither can be read.
    const key = await readTextFile(args.key);
    const chain = await readTextFile(args.cert);
    const { domain } = args;
    return {
      operation: 'certificate.install',
      params: { domain, chain, key, update: flags.update },
    };
  }

  protected say({ domain, notAfter }: Certificate): readonly string[] {
    const days = Math.floor((Date.parse(notAfter) - Date.now()) / DAY_MS);
    return [
      `${domain} is served with this certificate, good until ${localTime(notAfter)}`,
      ...(days < CERTIFICATE_WARNING_DAYS ? [`note: it ends in ${days} days`] : []),
    ];
  }
}

const DAY_MS = 86_400_000;
