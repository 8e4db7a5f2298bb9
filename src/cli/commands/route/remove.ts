import type { Route } from '../../../domain/document/cluster.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';
import { routeLine } from '../../render/routes.ts';

export default class RouteRemove extends ChangeCommand<Route> {
  static override summary = 'Remove backends from a route; without a backend, the whole route.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.example.com 10.0.0.7:8080',
    '<%= config.bin %> <%= command.id %> shop.example.com/cart',
  ];
  static override args = {
    route: word({ names: 'route', required: true, description: 'HOST or HOST/PATH.' }),
    backends: word({
      names: 'backend',
      list: true,
      multiple: true,
      required: false,
      description: 'ADDRESS:PORT of a backend.',
    }),
  };

  protected async request(): Promise<Request> {
    const { args } = await this.parse(RouteRemove);
    const { route, backends = [] } = args;
    return { operation: 'route.remove', params: { route, backends } };
  }

  protected say(route: Route): readonly string[] {
    return [routeLine(route)];
  }
}
