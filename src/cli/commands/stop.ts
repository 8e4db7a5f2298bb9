import { forceFlag, RoleSwitchCommand } from '../framework/role-switch-command.ts';

export default class StopRoles extends RoleSwitchCommand {
  static override summary = 'Stop roles of a node until kato start, even across reboots.';
  static override description =
    'Without a name it stops all roles of the node except those the cluster cannot do without.\n' +
    'kato status shows which node asked for it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -n data-1 redis',
  ];

  static override args = RoleSwitchCommand.args;
  static override flags = { ...RoleSwitchCommand.flags, ...forceFlag };

  protected readonly to = 'stop';
}
