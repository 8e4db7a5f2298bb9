import type { Certificate } from '../../../../domain/document/cluster.ts';
import { KatoCommand } from '../../../framework/command.ts';
import type { Style } from '../../../render/text/style.ts';
import { table } from '../../../render/text/table.ts';
import { localTime } from '../../../render/text/time.ts';
import { ask } from '../../../session/session.ts';

export default class CertificateList extends KatoCommand<Certificate[]> {
  static override summary = 'List the domains that have a certificate.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<Certificate[]> {
    await this.parse(CertificateList);
    return ask<Certificate[]>('certificate.list', {});
  }

  protected render(certificates: Certificate[], _style: Style, width: number): readonly string[] {
    if (certificates.length === 0) return ['no certificates'];
    const rows = certificates.map(({ domain, notAfter, notBefore }) => {
      const from = notBefore === undefined ? '' : `from ${localTime(notBefore)} `;
      return [domain, `${from}until ${localTime(notAfter)}`];
    });
    return table(rows, width);
  }
}
