import type { Performed } from '../../../../controller/state/changes.ts';
import type { Announcer } from '../../../../domain/document/cluster.ts';
import { performed, waitFlags } from '../../../framework/change-command.ts';
import { KatoCommand, named, word } from '../../../framework/command.ts';
import { self } from '../../../session/session.ts';

/** Everything that a component needs to announce routes, shown once. */
interface NewAnnouncer {
  name: string;
  hosts: string[];
  /** Private NKey: who announces with it. */
  seed: string;
  bus: string;
  /** Name that the certificate of the bus is checked against. */
  serverName: string;
  /** Certificate of the cluster's authority, PEM. */
  ca: string;
}

export default class AnnouncerAdd extends KatoCommand<NewAnnouncer> {
  static override summary = 'Let a component announce routes for some host names.';
  static override description =
    'It connects to the bus with the seed, which is shown only once, here, and publishes router.register\n' +
    'and router.unregister as components of Cloud Foundry do.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop --host shop.example.com --host "*.shop.example.com"',
  ];
  static override args = { name: word({ required: true, description: 'Name of the component.' }) };
  static override flags = {
    host: named({
      list: true,
      multiple: true,
      multipleNonGreedy: true,
      required: true,
      helpValue: 'PATTERN',
      summary: 'Host names it may announce; *.example.com for all below.',
    }),
    ...waitFlags,
  };

  protected async perform(): Promise<NewAnnouncer> {
    const { args, flags } = await this.parse(AnnouncerAdd);
    const { createIdentity } = await import('../../../../bus/identity.ts');
    const { cluster } = await self();
    const { key, seed } = createIdentity();
    const params = { name: args.name, key, hosts: flags.host };
    const bus = `tls://${cluster.core.address}:${cluster.core.port}`;
    const access = { seed, bus, serverName: `bus.${cluster.id}`, ca: cluster.ca };
    const valueFrom = ({ result }: Performed): NewAnnouncer => {
      const { name, hosts } = result as unknown as Announcer;
      return { name, hosts, ...access };
    };
    const request = { operation: 'announcer.add', params };
    return valueFrom(await performed(request, flags, (done) => this.show(valueFrom(done))));
  }

  protected render(value: NewAnnouncer): readonly string[] {
    return [
      `${value.name} may announce ${value.hosts.join(', ')}`,
      '',
      `bus:          ${value.bus}`,
      `server name:  ${value.serverName}`,
      `NKey seed:    ${value.seed}`,
      '',
      ...value.ca.trimEnd().split('\n'),
    ];
  }
}
