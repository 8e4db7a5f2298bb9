import { refuse } from '../../domain/base/error.ts';
import type { Selection } from '../../domain/roles/role-changes.ts';
import { Flags } from '../framework/oclif.ts';

export const selectionFlags = {
  all: Flags.boolean({ char: 'a', summary: 'All roles, without naming any.' }),
  'all-but': Flags.boolean({ char: 'b', summary: 'All roles but those named.' }),
};

interface SelectionFlags {
  all: boolean;
  'all-but': boolean;
  only?: boolean;
}

/** Which roles the words mean. USAGE where flags and names do not go together. */
export function selectionOf(
  command: string,
  flags: SelectionFlags,
  roles: readonly string[],
): Selection {
  const ways = [flags.all && '--all', flags['all-but'] && '--all-but', flags.only && '--only'];
  const [way, second] = ways.filter((one) => typeof one === 'string');
  if (second !== undefined) {
    throw refuse(
      'USAGE',
      `${way} and ${second} cannot be used together`,
      undefined,
      `${command} --help`,
    );
  }
  const selection: Selection = flags.all
    ? 'all'
    : flags['all-but']
      ? 'all-but'
      : flags.only === true
        ? 'only'
        : 'named';
  if (selection === 'all' && roles.length > 0) {
    throw usage(command, '--all takes no role names', 'for all but those named, use --all-but');
  }
  if (selection !== 'all' && roles.length === 0) {
    throw usage(command, `${command} needs a ROLE`, 'name roles or groups of roles, or use --all');
  }
  return selection;
}

function usage(command: string, message: string, why: string) {
  return refuse('USAGE', message, why, `${command} --help`);
}
