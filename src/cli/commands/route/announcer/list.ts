import type { Announcer } from '../../../../domain/cluster.ts';
import { KatoCommand } from '../../../command.ts';
import { table } from '../../../render/table.ts';
import { ask } from '../../../session.ts';

export default class AnnouncerList extends KatoCommand<Announcer[]> {
  static override summary = 'List the components that may announce routes.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<Announcer[]> {
    await this.parse(AnnouncerList);
    return ask<Announcer[]>('announcer.list', {});
  }

  protected render(announcers: Announcer[]): readonly string[] {
    if (announcers.length === 0) return ['no announcer; add one with kato route announcer add'];
    return table(announcers.map(({ name, hosts }) => [name, hosts.join(' ')]));
  }
}
