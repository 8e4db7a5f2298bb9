import { RoleSwitchCommand } from '../framework/role-switch-command.ts';

export default class StartRoles extends RoleSwitchCommand {
  static override summary = 'Start roles of a node; without a name, all of them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -n data-1 redis',
  ];

  static override args = RoleSwitchCommand.args;

  protected readonly to = 'start';
}
