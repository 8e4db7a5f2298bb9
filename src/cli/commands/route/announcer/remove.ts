import type { Announcer } from '../../../../domain/document/cluster.ts';
import { ChangeCommand, type Request } from '../../../framework/change-command.ts';
import { word } from '../../../framework/command.ts';

export default class AnnouncerRemove extends ChangeCommand<Announcer> {
  static override summary = "End a component's right to announce routes.";
  static override examples = ['<%= config.bin %> <%= command.id %> shop'];
  static override args = {
    name: word({ names: 'announcer', required: true, description: 'Name of the component.' }),
  };

  protected async request(): Promise<Request> {
    const { args } = await this.parse(AnnouncerRemove);
    return { operation: 'announcer.remove', params: { name: args.name } };
  }

  protected say({ name }: Announcer): readonly string[] {
    return [`${name} may no longer announce routes`];
  }
}
