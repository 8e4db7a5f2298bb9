import { refuse } from '../../../domain/base/error.ts';
import type { RolesChanged } from '../../../domain/roles/role-changes.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { nodeFlag, rolesWord } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { forceFlag, forceOf } from '../../framework/role-switch-command.ts';
import { askLine, onTerminal } from '../../input/prompt.ts';
import { selectionFlags, selectionOf } from '../../input/selection.ts';
import { rolesRemovedLines } from '../../render/roles.ts';
import { nodeOrSelf } from '../../session/session.ts';

export default class RoleRemove extends ChangeCommand<RolesChanged> {
  static override summary = 'Take roles from a node: their processes stop, their data stays.';
  static override description =
    'With --purge-data the data of these roles on the node is deleted as well. On a terminal you must\n' +
    'type the roles again to confirm; elsewhere --yes is needed. What is put there later stays.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> redis',
    '<%= config.bin %> <%= command.id %> -n data-1 --purge-data --yes postgresql',
    '<%= config.bin %> <%= command.id %> --all-but router',
  ];
  static override args = {
    roles: rolesWord,
  };
  static override flags = {
    ...selectionFlags,
    node: nodeFlag,
    'purge-data': Flags.boolean({ summary: 'Also delete what they kept on the node.' }),
    ...forceFlag,
    yes: Flags.boolean({ char: 'y', summary: 'Delete without asking.' }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(RoleRemove);
    const roles = args.roles ?? [];
    const selection = selectionOf('kato role remove', flags, roles);
    const purgeData = flags['purge-data'];
    if (purgeData && selection !== 'named') throw mustBeNamed();
    const node = await nodeOrSelf(flags.node);
    if (purgeData && !flags.yes) await confirmPurge(roles, flags.node ?? 'this node');
    const params = { node, roles, selection, purgeData, ...forceOf(flags) };
    return { operation: 'role.remove', params };
  }

  protected say(result: RolesChanged): readonly string[] {
    return rolesRemovedLines(result);
  }
}

function mustBeNamed() {
  return refuse(
    'USAGE',
    '--purge-data needs the roles by name',
    'what is deleted does not come back',
    'kato role remove --purge-data ROLE...',
  );
}

async function confirmPurge(roles: readonly string[], where: string): Promise<void> {
  const words = roles.join(' ');
  if (!onTerminal()) {
    throw refuse(
      'USAGE',
      `--purge-data would delete the data of ${words} on ${where}`,
      'there is no terminal to confirm it on',
      'add --yes to delete it without asking',
    );
  }
  const typed = await askLine(
    `This deletes the data of ${words} on ${where}. Type '${words}' to go on: `,
  );
  if (typed !== words) throw refuse('USAGE', 'nothing was changed', `'${typed}' is not '${words}'`);
}
