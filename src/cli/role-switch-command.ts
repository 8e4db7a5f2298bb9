import type { RolesSwitched } from '../domain/change/role-switch.ts';
import { ChangeCommand, type Request } from './change-command.ts';
import { nodeFlag, word } from './command.ts';
import { rolesSwitchedLines } from './render/roles.ts';
import { nodeOrSelf } from './session.ts';

/** What start, stop and restart share. */
export abstract class RoleSwitchCommand extends ChangeCommand<RolesSwitched> {
  /** Named again by each command: oclif reads no inherited `args`. */
  static override args = {
    roles: word({ multiple: true, required: false, description: 'Roles or groups of roles.' }),
  };
  static override flags = { node: nodeFlag };

  protected abstract readonly to: 'start' | 'stop' | 'restart';

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(this.ctor as typeof RoleSwitchCommand);
    const params = { node: await nodeOrSelf(flags.node), roles: args.roles ?? [], to: this.to };
    return { operation: 'role.switch', params };
  }

  protected say(result: RolesSwitched): readonly string[] {
    return rolesSwitchedLines(result, this.to);
  }
}
