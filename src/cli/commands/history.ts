import { KatoError } from '../../domain/base/error.ts';
import { printable } from '../../domain/base/printable.ts';
import type { HistoryEntry } from '../../domain/telling/history.ts';
import type { ListedNode } from '../../operations/nodes.ts';
import { KatoCommand, named } from '../framework/command.ts';
import { Flags } from '../framework/oclif.ts';
import { historyLines } from '../render/history.ts';
import type { Style } from '../render/text/style.ts';
import { ask } from '../session/session.ts';

const LIMIT = 50;
const LIMIT_MAX = 1000;

export default class ShowHistory extends KatoCommand<HistoryEntry[]> {
  static override summary = 'Show who changed what, newest last.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -n router-1 --limit 10',
  ];
  static override flags = {
    node: named({
      char: 'n',
      names: 'node',
      helpValue: 'NODE',
      summary: 'Only changes that this node made or that name it.',
    }),
    limit: Flags.integer({
      default: LIMIT,
      min: 1,
      max: LIMIT_MAX,
      summary: 'Maximum number of changes to show.',
    }),
  };

  protected async perform(): Promise<HistoryEntry[]> {
    const { flags } = await this.parse(ShowHistory);
    return ask<HistoryEntry[]>('history', { limit: flags.limit, node: flags.node ?? null });
  }

  protected async render(entries: HistoryEntry[], _style: Style, width: number): Promise<string[]> {
    return historyLines(entries, width, await namesById());
  }
}

/** Commands name their own node by its id; people read its name. */
async function namesById(): Promise<ReadonlyMap<string, string>> {
  const nodes = await ask<ListedNode[]>('node.list', {}).catch((error: unknown) => {
    if (error instanceof KatoError) return [];
    throw error;
  });
  return new Map(nodes.map(({ id, name }) => [id, printable(name)]));
}
