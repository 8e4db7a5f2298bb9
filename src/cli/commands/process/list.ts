import { refuse } from '../../../domain/base/error.ts';
import { didYouMean } from '../../../domain/base/names.ts';
import type { NodeProcesses } from '../../../operations/roles.ts';
import { KatoCommand, nodeFlag, word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { processLines } from '../../render/processes.ts';
import type { Style } from '../../render/text/style.ts';
import { ask, nodeOrSelf } from '../../session/session.ts';

export default class ProcessList extends KatoCommand<NodeProcesses[]> {
  static override summary = 'List the processes of a node and their states.';
  static override description =
    'States: STOPPED, STARTING (runs, not ready yet), RUNNING (ready), FATAL (keeps dying) and\n' +
    'ROGUE (runs although no role wants it). A held process stays down until the next boot.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --cluster router',
  ];
  static override args = {
    processes: word({
      names: 'process',
      list: true,
      multiple: true,
      required: false,
      description: 'Only these processes.',
    }),
  };
  static override flags = {
    node: nodeFlag,
    cluster: Flags.boolean({
      char: 'c',
      exclusive: ['node'],
      summary: 'List the processes of all nodes.',
    }),
  };

  protected async perform(): Promise<NodeProcesses[]> {
    const { args, flags } = await this.parse(ProcessList);
    const node = flags.cluster ? null : await nodeOrSelf(flags.node);
    const nodes = await ask<NodeProcesses[]>('process.list', { node });
    return only(nodes, args.processes ?? []);
  }

  protected render(nodes: NodeProcesses[], _style: Style, width: number): readonly string[] {
    return processLines(nodes, width);
  }
}

function only(nodes: NodeProcesses[], names: readonly string[]): NodeProcesses[] {
  if (names.length === 0) return nodes;
  const known = new Set(nodes.flatMap(({ processes }) => Object.keys(processes)));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw refuse(
      'NOT_FOUND',
      `there is no process '${unknown}'`,
      didYouMean(unknown, known) ?? `there are ${[...known].join(', ') || 'none'}`,
      'kato process list --cluster',
    );
  }
  return nodes.map((node) => ({
    ...node,
    processes: Object.fromEntries(
      Object.entries(node.processes).filter(([name]) => names.includes(name)),
    ),
  }));
}
