import type { RolesChanged } from '../../../domain/roles/role-changes.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { nodeFlag, word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { forceOf } from '../../framework/role-switch-command.ts';
import { selectionFlags, selectionOf } from '../../input/selection.ts';
import { rolesChangedLines } from '../../render/roles.ts';
import { refuseFailed } from '../../session/already.ts';
import { nodeOrSelf } from '../../session/session.ts';

export default class RoleAdd extends ChangeCommand<RolesChanged> {
  static override summary = 'Give roles to a node and start them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> redis',
    '<%= config.bin %> <%= command.id %> -n data-1 data-services',
    '<%= config.bin %> <%= command.id %> --only router',
  ];
  static override args = {
    roles: word({
      names: 'role to add',
      list: true,
      multiple: true,
      required: false,
      description: 'Roles or groups of roles.',
    }),
  };
  static override flags = {
    ...selectionFlags,
    only: Flags.boolean({
      char: 'o',
      exclusive: ['no-start'],
      summary: 'Only those named: all others are taken from the node.',
    }),
    force: Flags.boolean({
      dependsOn: ['only'],
      summary: 'With --only: also take what no other node would serve.',
    }),
    node: nodeFlag,
    'no-start': Flags.boolean({ char: 's', summary: 'Leave them stopped.' }),
  };

  private noStart = false;

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(RoleAdd);
    const roles = args.roles ?? [];
    const selection = selectionOf('kato role add', flags, roles);
    const node = await nodeOrSelf(flags.node);
    this.noStart = flags['no-start'];
    const params = { node, roles, selection, noStart: this.noStart, ...forceOf(flags) };
    return { operation: 'role.add', params };
  }

  protected override async checkSo({ node, already }: RolesChanged): Promise<void> {
    await refuseFailed(({ name }, role) => name === node && already.includes(role.name));
  }

  protected say(result: RolesChanged): readonly string[] {
    const stopped = this.noStart && result.added.length > 0;
    const start = `stopped; kato start -n ${result.node} ${result.added.join(' ')} starts what is new`;
    return [...rolesChangedLines(result), ...(stopped ? [start] : [])];
  }
}
