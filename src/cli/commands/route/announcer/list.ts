import type { ListedAnnouncer } from '../../../../operations/routes.ts';
import { KatoCommand } from '../../../framework/command.ts';
import { announcerListLines } from '../../../render/routes.ts';
import type { Style } from '../../../render/text/style.ts';
import { ask } from '../../../session/session.ts';

export default class AnnouncerList extends KatoCommand<ListedAnnouncer[]> {
  static override summary = 'List the components that may announce routes, and what was refused.';
  static override description =
    'Refusals are those of the last 10 minutes: announcements are repeated, and each one counts.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<ListedAnnouncer[]> {
    await this.parse(AnnouncerList);
    return ask<ListedAnnouncer[]>('announcer.list', {});
  }

  protected render(announcers: ListedAnnouncer[], _style: Style, width: number): readonly string[] {
    return announcerListLines(announcers, width);
  }
}
