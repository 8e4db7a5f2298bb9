import type { NodeState } from '../../../domain/status.ts';
import { KatoCommand } from '../../command.ts';
import { table } from '../../render/table.ts';
import { ask } from '../../session.ts';

/** An entry of the operation `node.list`. */
export interface ListedNode {
  id: string;
  name: string;
  address: string;
  state: NodeState;
  admin: boolean;
  version: string;
  zone: string;
  roles: string[];
  lastSeen: number | null;
}

export default class NodeList extends KatoCommand<ListedNode[]> {
  static override summary = 'List all nodes: address, name, state and roles, one node a line.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> | cut -d " " -f 1',
  ];

  protected async perform(): Promise<ListedNode[]> {
    await this.parse(NodeList);
    return ask<ListedNode[]>('node.list', {});
  }

  protected render(nodes: ListedNode[]): readonly string[] {
    return table(nodes.map((node) => [node.address, node.name, node.state, node.roles.join(' ')]));
  }
}
