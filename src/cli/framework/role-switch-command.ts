import type { RolesSwitched } from '../../domain/roles/role-switch.ts';
import { rolesSwitchedLines } from '../render/roles.ts';
import { refuseFailed } from '../session/already.ts';
import { nodeOrSelf } from '../session/session.ts';
import { ChangeCommand, type Request } from './change-command.ts';
import { nodeFlag, rolesWord } from './command.ts';
import { Flags } from './oclif.ts';

/** Of the two commands that stop something. */
export const forceFlag = {
  force: Flags.boolean({
    char: 'f',
    summary: 'Also what no other node runs: nobody serves it then.',
  }),
};

/** Controllers that were not restarted since an upgrade know no such word: it is said where it is meant. */
export function forceOf(flags: object): { force?: true } {
  return 'force' in flags && flags.force === true ? { force: true } : {};
}

/** What start, stop and restart share. */
export abstract class RoleSwitchCommand extends ChangeCommand<RolesSwitched> {
  /** Named again by each command: oclif reads no inherited `args`. */
  static override args = {
    roles: rolesWord,
  };
  static override flags = { node: nodeFlag };

  protected abstract readonly to: 'start' | 'stop' | 'restart';

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(this.ctor as typeof RoleSwitchCommand);
    const node = await nodeOrSelf(flags.node);
    const params = { node, roles: args.roles ?? [], to: this.to, ...forceOf(flags) };
    return { operation: 'role.switch', params };
  }

  protected override async checkSo({ node, already }: RolesSwitched): Promise<void> {
    if (this.to !== 'start') return;
    await refuseFailed(({ name }, role) => name === node && already.includes(role.name));
  }

  protected say(result: RolesSwitched): readonly string[] {
    return rolesSwitchedLines(result, this.to);
  }
}
