import type { ListedNode } from '../../../operations/nodes.ts';
import { KatoCommand } from '../../framework/command.ts';
import type { Style } from '../../render/text/style.ts';
import { table } from '../../render/text/table.ts';
import { ask } from '../../session/session.ts';

export default class NodeList extends KatoCommand<ListedNode[]> {
  static override summary = 'List all nodes: address, name, state and roles, one node per line.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> | cut -d " " -f 1',
  ];

  protected async perform(): Promise<ListedNode[]> {
    await this.parse(NodeList);
    return ask<ListedNode[]>('node.list', {});
  }

  protected render(nodes: ListedNode[], _style: Style, width: number): readonly string[] {
    const rows = nodes.map((node) => [node.address, node.name, node.state, node.roles.join(' ')]);
    // One node a line is what a script counts on, however many roles it has.
    return table(rows, process.stdout.isTTY === true ? width : Number.POSITIVE_INFINITY);
  }
}
