import type { LoadBalancerSet } from '../../../../domain/traffic/load-balancer.ts';
import type { ListedNode } from '../../../../operations/nodes.ts';
import { type Changed, changed, performed, waitFlags } from '../../../framework/change-command.ts';
import { KatoCommand, word } from '../../../framework/command.ts';
import { Flags } from '../../../framework/oclif.ts';
import { leavesOut } from '../../../input/own-address.ts';
import { ask, self } from '../../../session/session.ts';

export default class SetupLoadBalancer extends KatoCommand<Changed<LoadBalancerSet>> {
  static override summary = 'Make this node a load balancer in front of the routers.';
  static override description =
    'It replaces a router role that the node was attached with: a load balancer has no other role.\n' +
    'Without an IP its pool follows the routers of the cluster as they come and go; with IPs, the pool\n' +
    'is exactly those.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --exclude-self 10.0.0.2 10.0.0.3',
  ];
  static override args = {
    ip: word({
      names: 'router address',
      list: true,
      multiple: true,
      required: false,
      description: 'Addresses of routers.',
    }),
  };
  static override flags = {
    force: Flags.boolean({
      summary: 'Also give up roles other than router, and the last router that serves.',
    }),
    'exclude-self': Flags.boolean({
      exclusive: ['keep-self'],
      summary: "Leave this node's own address out of the pool.",
    }),
    'keep-self': Flags.boolean({ summary: "Keep this node's own address in the pool." }),
    ...waitFlags,
  };

  protected async perform(): Promise<Changed<LoadBalancerSet>> {
    const { args, flags } = await this.parse(SetupLoadBalancer);
    const addresses = args.ip ?? [];
    const { node } = await self();
    const named = addresses.length > 0;
    const routers = { named, addresses: named ? addresses : await routerAddresses() };
    const excludeSelf = await leavesOut(node.address, routers, flags);
    const { force } = flags;
    const params = { node: node.id, addresses, excludeSelf, force };
    const request = { operation: 'node.setup-load-balancer', params };
    return changed<LoadBalancerSet>(await performed(request, flags));
  }

  protected render({ result, changed: isNew }: Changed<LoadBalancerSet>): readonly string[] {
    // A controller that was not restarted since an upgrade does not tell strangers.
    const { node, exchanged, routers, pinned, strangers = [] } = result;
    return [
      `${isNew ? '' : 'already so: '}${node} is a load balancer`,
      ...(exchanged.length > 0 ? [`in exchange for ${exchanged.join(', ')}`] : []),
      `its pool ${pinned ? 'is' : 'follows the routers'}: ${routers.join(' ') || 'none serves now'}`,
      ...strangers.map((address) => `note: ${address} is not a router of this cluster`),
      '',
      'kato status shows it',
    ];
  }
}

async function routerAddresses(): Promise<string[]> {
  const nodes = await ask<ListedNode[]>('node.list', {});
  return nodes.filter((node) => node.roles.includes('router')).map((node) => node.address);
}
