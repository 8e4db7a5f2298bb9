import { ProcessSwitchCommand } from '../../framework/process-switch-command.ts';
import { forceFlag } from '../../framework/role-switch-command.ts';

export default class StopProcesses extends ProcessSwitchCommand {
  static override summary = "Hold processes down until the node's next boot or kato process start.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> redis',
    '<%= config.bin %> <%= command.id %> -n data-1 redis memcached',
  ];

  static override args = ProcessSwitchCommand.args;
  static override flags = { ...ProcessSwitchCommand.flags, ...forceFlag };

  protected readonly to = 'stop';
}
