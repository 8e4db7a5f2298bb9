import type { ProcessesSwitched } from '../../domain/roles/process-switch.ts';
import { switchedLines } from '../render/roles.ts';
import { refuseFailed } from '../session/already.ts';
import { nodeOrSelf } from '../session/session.ts';
import { ChangeCommand, type Request } from './change-command.ts';
import { nodeFlag, word } from './command.ts';
import { forceOf } from './role-switch-command.ts';

const SWITCHED = {
  start: ['started', 'not held before', ''],
  stop: ['held until the next boot', 'held before', 'keeps running: no other node runs it'],
  restart: ['restarted', '', 'stays held'],
} as const;

/** Of the bus, or the last controller: whoever could tell is held with it. */
const CUT_OFF = [
  'to be held until the next boot; that it is cannot be asked any more',
  SWITCHED.stop[1],
  SWITCHED.stop[2],
] as const;

/** What process start, stop and restart share. */
export abstract class ProcessSwitchCommand extends ChangeCommand<ProcessesSwitched> {
  /** Named again by each command: oclif reads no inherited `args`. */
  static override args = {
    processes: word({
      names: 'process',
      list: true,
      multiple: true,
      required: false,
      description: 'Names of processes.',
    }),
  };
  static override flags = { node: nodeFlag };

  protected abstract readonly to: keyof typeof SWITCHED;

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(this.ctor as typeof ProcessSwitchCommand);
    const node = await nodeOrSelf(flags.node);
    const params = { node, processes: args.processes ?? [], to: this.to, ...forceOf(flags) };
    return { operation: 'process.switch', params };
  }

  protected override async checkSo({ node, already }: ProcessesSwitched): Promise<void> {
    if (this.to !== 'start') return;
    await refuseFailed(
      ({ name }, { processes }) =>
        name === node && processes.some((process) => already.includes(process.name)),
    );
  }

  protected say(result: ProcessesSwitched): readonly string[] {
    // A controller that was not restarted since an upgrade does not tell all of it.
    const { node, processes, already, spared = [], cutOff = false } = result;
    return [
      ...switchedLines(
        node,
        { moved: processes, already, spared },
        cutOff ? CUT_OFF : SWITCHED[this.to],
      ),
      ...(cutOff
        ? [
            `no command reaches the cluster until then; on ${node}: kato node halt, then kato node boot`,
          ]
        : []),
    ];
  }
}
