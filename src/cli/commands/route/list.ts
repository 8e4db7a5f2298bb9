import type { ListedRoute } from '../../../operations/routes.ts';
import { KatoCommand } from '../../framework/command.ts';
import { routeListLines } from '../../render/routes.ts';
import type { Style } from '../../render/text/style.ts';
import { ask } from '../../session/session.ts';

export default class RouteList extends KatoCommand<ListedRoute[]> {
  static override summary = 'List all routes, added and announced.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<ListedRoute[]> {
    await this.parse(RouteList);
    return ask<ListedRoute[]>('route.list', {});
  }

  protected render(routes: ListedRoute[], _style: Style, width: number): readonly string[] {
    return routeListLines(routes, width);
  }
}
