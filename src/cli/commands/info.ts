import type { NodeInfo } from '../../operations/nodes.ts';
import { KatoCommand, nodeFlag } from '../framework/command.ts';
import type { Style } from '../render/text/style.ts';
import { table } from '../render/text/table.ts';
import { ask, nodeOrSelf } from '../session/session.ts';

export default class ShowInfo extends KatoCommand<NodeInfo> {
  static override summary = 'Show a node: its roles, those it may be given, and its cluster.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -n 10.0.0.4 --json',
  ];
  static override flags = { node: nodeFlag };

  protected async perform(): Promise<NodeInfo> {
    const { flags } = await this.parse(ShowInfo);
    return ask<NodeInfo>('node.info', { node: await nodeOrSelf(flags.node) });
  }

  protected render(info: NodeInfo, _style: Style, width: number): readonly string[] {
    const rows = [
      ['node', `${info.name}${info.admin ? ', an admin node' : ''}`],
      ['id', info.id],
      ['hostname', info.hostname],
      ['address', info.address],
      ['zone', info.zone],
      ['state', info.state],
      ['version', info.version],
      ['roles', info.roles.join(' ') || 'none'],
      ['available', info.available.join(' ') || 'none'],
      ['cluster', `${info.cluster.endpoint} (${info.cluster.id})`],
    ];
    return table(rows, width);
  }
}
