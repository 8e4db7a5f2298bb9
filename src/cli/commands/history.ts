import { KatoError, refuse } from '../../domain/base/error.ts';
import { printable } from '../../domain/base/printable.ts';
import type { HistoryEntry } from '../../domain/telling/history.ts';
import type { ListedNode } from '../../operations/nodes.ts';
import { KatoCommand, named, word } from '../framework/command.ts';
import { Flags } from '../framework/oclif.ts';
import { changeLines, historyLines } from '../render/history.ts';
import type { Style } from '../render/text/style.ts';
import { ask } from '../session/session.ts';

const LIMIT = 50;
const LIMIT_MAX = 1000;
/** Ids of those that begin alike. */
const NAMED_MAX = 5;

export default class ShowHistory extends KatoCommand<HistoryEntry[]> {
  static override summary = 'Show who changed what, and what became of it; newest last.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -n router-1 --limit 10',
    '<%= config.bin %> <%= command.id %> 3f9c21ab',
  ];
  static override args = {
    change: word({
      required: false,
      description: 'Id of a change, or its beginning: shows what became of it on each node.',
    }),
  };
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
    const { args, flags } = await this.parse(ShowHistory);
    const { change: id } = args;
    const of = { limit: flags.limit, node: flags.node ?? null };
    const entries = await ask<HistoryEntry[]>('history', id === undefined ? of : { ...of, id });
    if (id !== undefined) checkOne(entries, id);
    this.isOne = id !== undefined;
    return entries;
  }

  private isOne = false;

  protected async render(entries: HistoryEntry[], _style: Style, width: number): Promise<string[]> {
    const names = await namesById();
    return this.isOne
      ? changeLines(entries[0]!, width, names)
      : historyLines(entries, width, names);
  }
}

function checkOne(entries: readonly HistoryEntry[], id: string): void {
  if (entries.length === 1) return;
  if (entries.length === 0) {
    throw refuse(
      'NOT_FOUND',
      `the history has no change '${id}'`,
      'it may be older than what is kept, or of kato 0.1.0',
      'kato history shows the ids of changes',
    );
  }
  throw refuse(
    'BAD_VALUE',
    `${entries.length} changes begin with '${id}'`,
    entries
      .slice(0, NAMED_MAX)
      .map((entry) => entry.id)
      .join(', '),
    'type more of the id: kato history',
  );
}

/** Commands name their own node by its id; people read its name. */
async function namesById(): Promise<ReadonlyMap<string, string>> {
  const nodes = await ask<ListedNode[]>('node.list', {}).catch((error: unknown) => {
    if (error instanceof KatoError) return [];
    throw error;
  });
  return new Map(nodes.map(({ id, name }) => [id, printable(name)]));
}
