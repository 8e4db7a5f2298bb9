import type { Route } from '../../../domain/cluster.ts';
import { ChangeCommand, type Request } from '../../change-command.ts';
import { word } from '../../command.ts';
import { Flags } from '../../oclif.ts';
import { routeLine } from '../../render/routes.ts';

export default class RouteAdd extends ChangeCommand<Route> {
  static override summary = 'Send a host name, or a path of it, to backends.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.example.com 10.0.0.7:8080 10.0.0.8:8080',
    '<%= config.bin %> <%= command.id %> --sticky shop.example.com/cart 10.0.0.7:8081',
    '<%= config.bin %> <%= command.id %> "*.example.com" 10.0.0.9:80',
  ];
  static override args = {
    route: word({ required: true, description: 'HOST or HOST/PATH; HOST may be *.example.com.' }),
    backends: word({
      multiple: true,
      required: true,
      description: 'ADDRESS:PORT of each backend.',
    }),
  };
  static override flags = {
    sticky: Flags.boolean({ summary: 'Keep a visitor on the backend of the first answer.' }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(RouteAdd);
    const { route, backends } = args;
    return { operation: 'route.add', params: { route, backends, sticky: flags.sticky } };
  }

  protected say(route: Route): readonly string[] {
    return [routeLine(route)];
  }
}
