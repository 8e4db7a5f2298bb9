import type { Certificate } from '../../../../domain/cluster.ts';
import { KatoCommand } from '../../../command.ts';
import { table } from '../../../render/table.ts';
import { localTime } from '../../../render/time.ts';
import { ask } from '../../../session.ts';

export default class CertificateList extends KatoCommand<Certificate[]> {
  static override summary = 'List the domains that have a certificate.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<Certificate[]> {
    await this.parse(CertificateList);
    return ask<Certificate[]>('certificate.list', {});
  }

  protected render(certificates: Certificate[]): readonly string[] {
    if (certificates.length === 0) return ['no certificate'];
    return table(
      certificates.map(({ domain, notAfter }) => [domain, `until ${localTime(notAfter)}`]),
    );
  }
}
