import type { Route } from '../../../domain/document/cluster.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { routeLine } from '../../render/routes.ts';

export default class RouteAdd extends ChangeCommand<Route> {
  static override summary = 'Send a host name, or a path of it, to backends.';
  static override description =
    'Backends cannot be loopback, link-local, multicast or other special addresses, nor ports that a\n' +
    'role of a node listens on: requests to a router would loop.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.example.com 10.0.0.7:8080 10.0.0.8:8080',
    '<%= config.bin %> <%= command.id %> --sticky shop.example.com/cart 10.0.0.7:8081',
    '<%= config.bin %> <%= command.id %> "*.example.com" 10.0.0.9:80',
    '<%= config.bin %> <%= command.id %> --probe /healthz shop.example.com 10.0.0.7:8080',
    '<%= config.bin %> <%= command.id %> --any-backend here.example.com 127.0.0.1:8080',
  ];
  static override args = {
    route: word({
      names: 'route',
      required: true,
      description: 'HOST or HOST/PATH; HOST may be *.example.com.',
    }),
    backends: word({
      list: true,
      multiple: true,
      required: true,
      description: 'ADDRESS:PORT of each backend.',
    }),
  };
  static override flags = {
    sticky: Flags.boolean({ summary: 'Keep each visitor on the backend that answered first.' }),
    probe: Flags.string({
      helpValue: 'PATH',
      summary:
        'Path at which routers ask each backend: without 2xx or 3xx it gets no requests; tcp: a connection is enough, as without it.',
    }),
    'any-backend': Flags.boolean({
      summary:
        'Also allow backends that are otherwise refused: loopback, special addresses, own ports.',
    }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(RouteAdd);
    const { route, backends } = args;
    // Controllers of 0.1.0 know neither.
    const insisting = flags['any-backend'] ? { anyBackend: true } : {};
    const probing = flags.probe === undefined ? {} : { probe: flags.probe };
    const params = { route, backends, sticky: flags.sticky, ...insisting, ...probing };
    return { operation: 'route.add', params };
  }

  protected say(route: Route): readonly string[] {
    return [routeLine(route)];
  }
}
