import type { NodesRemoved } from '../../../domain/nodes/leave.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { forceOf } from '../../framework/role-switch-command.ts';

export default class NodeRemove extends ChangeCommand<NodesRemoved> {
  static override summary = 'Remove nodes from the cluster, dead or alive; all of them or none.';
  static override description =
    'A running node stops its roles, and the command waits for that; a dead one learns of it when it\n' +
    'returns. The data stays on the machine.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 10.0.0.4',
    '<%= config.bin %> <%= command.id %> router-1 router-2',
  ];
  static override args = {
    node: word({
      names: 'node',
      list: true,
      multiple: true,
      required: true,
      description: 'Address, name or id of a node.',
    }),
  };
  static override flags = {
    force: Flags.boolean({
      summary: 'Also remove nodes with a role that no other node would serve.',
    }),
    'skip-detach': Flags.boolean({
      char: 's',
      default: false,
      summary: 'Do not wait until the nodes have stopped their roles: they are gone for good.',
    }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(NodeRemove);
    const params = {
      nodes: args.node,
      skipDetach: flags['skip-detach'],
      ...forceOf(flags),
    };
    return { operation: 'node.remove', params };
  }

  protected say({ removed }: NodesRemoved): readonly string[] {
    return removed.map(({ name, address }) => `removed ${name} (${address})`);
  }
}
