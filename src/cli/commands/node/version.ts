import type { NodeInfo } from '../../../operations/nodes.ts';
import { KatoCommand, word } from '../../framework/command.ts';
import { ask, nodeOrSelf } from '../../session/session.ts';

interface NodeVersion {
  node: string;
  version: string;
}

export default class ShowNodeVersion extends KatoCommand<NodeVersion> {
  static override summary = "Show the version of a node's agent.";
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 10.0.0.4',
  ];
  static override args = {
    node: word({
      names: 'node',
      description: 'Address, name or id of a node; this one by default.',
    }),
  };

  protected async perform(): Promise<NodeVersion> {
    const { args } = await this.parse(ShowNodeVersion);
    const node = await nodeOrSelf(args.node);
    const { name, version } = await ask<NodeInfo>('node.info', { node });
    return { node: name, version };
  }

  protected render({ node, version }: NodeVersion): readonly string[] {
    return [`${node}: kato ${version}`];
  }
}
