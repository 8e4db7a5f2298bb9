import type { Certificate } from '../../../../domain/document/cluster.ts';
import { ChangeCommand, type Request } from '../../../framework/change-command.ts';
import { word } from '../../../framework/command.ts';

export default class CertificateRemove extends ChangeCommand<Certificate> {
  static override summary = 'Remove the certificate of a domain.';
  static override examples = ['<%= config.bin %> <%= command.id %> shop.example.com'];
  static override args = {
    domain: word({ names: 'domain', required: true, description: 'The domain.' }),
  };

  protected async request(): Promise<Request> {
    const { args } = await this.parse(CertificateRemove);
    return { operation: 'certificate.remove', params: { domain: args.domain } };
  }

  protected say({ domain }: Certificate): readonly string[] {
    return [`${domain} no longer has a certificate of its own`];
  }
}
