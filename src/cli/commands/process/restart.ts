import { ProcessSwitchCommand } from '../../framework/process-switch-command.ts';

export default class RestartProcesses extends ProcessSwitchCommand {
  static override summary = "Restart processes; without a name, all of the node's.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> redis',
    '<%= config.bin %> <%= command.id %> -n data-1 redis memcached',
  ];

  static override args = ProcessSwitchCommand.args;

  protected readonly to = 'restart';
}
