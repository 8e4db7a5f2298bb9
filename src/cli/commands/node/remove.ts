import type { NodesRemoved } from '../../../domain/change/leave.ts';
import { ChangeCommand, type Request } from '../../change-command.ts';
import { word } from '../../command.ts';
import { Flags } from '../../oclif.ts';

export default class NodeRemove extends ChangeCommand<NodesRemoved> {
  static override summary = 'Take nodes out of the cluster, dead or alive; all of them or none.';
  static override description =
    'A node that runs learns of it and stops its roles; one that is dead learns of it when it\n' +
    'returns. Its data stays on it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 10.0.0.4',
    '<%= config.bin %> <%= command.id %> router-1 router-2',
  ];
  static override args = {
    node: word({ multiple: true, required: true, description: 'Address, name or id of a node.' }),
  };
  static override flags = {
    'skip-detach': Flags.boolean({
      char: 's',
      summary: 'The node is gone for good. Removal never waits for the node, with or without this.',
    }),
  };

  protected async request(): Promise<Request> {
    const { args } = await this.parse(NodeRemove);
    return { operation: 'node.remove', params: { nodes: args.node } };
  }

  protected say({ removed }: NodesRemoved): readonly string[] {
    return removed.map(({ name, address }) => `removed ${name} (${address})`);
  }
}
