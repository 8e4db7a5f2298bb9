import { KatoError } from '../../domain/base/error.ts';
import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import type { ListedNode } from '../../operations/nodes.ts';
import { KatoCommand } from '../framework/command.ts';
import { ownVersion } from '../framework/home.ts';
import type { Style } from '../render/text/style.ts';
import { table } from '../render/text/table.ts';
import { ask, self } from '../session/session.ts';

interface Versions {
  /** This program. */
  cli: string;
  /** What runs on this node; null where it is none. */
  agent: string | null;
  controllers: { node: string; version: string }[];
  /** Why less than all is known. */
  error?: ErrorRecord;
}

export default class ShowVersions extends KatoCommand<Versions> {
  static override summary =
    'Show the versions of this program, of the agent and of the controllers.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<Versions> {
    await this.parse(ShowVersions);
    const versions: Versions = { cli: ownVersion(), agent: null, controllers: [] };
    try {
      versions.agent = (await self()).version;
      const nodes = await ask<ListedNode[]>('node.list', {});
      versions.controllers = nodes
        .filter((node) => node.roles.includes('controller'))
        .map(({ name, version }) => ({ node: name, version }));
      return versions;
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      return { ...versions, error: error.toJSON() };
    }
  }

  protected render(
    { cli, agent, controllers, error }: Versions,
    _style: Style,
    width: number,
  ): readonly string[] {
    const rows = [
      ['kato', cli],
      ['agent', agent ?? error?.message ?? 'unknown'],
      ...controllers.map(({ node, version }) => [`controller on ${node}`, version]),
      ...(agent !== null && error !== undefined ? [['controllers', error.message]] : []),
    ];
    return table(rows, width);
  }
}
