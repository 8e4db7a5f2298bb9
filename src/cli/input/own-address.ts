import { refuse } from '../../domain/base/error.ts';
import { askYesNo, onTerminal } from './prompt.ts';

/**
 * Whether a load balancer leaves its own address out of its pool. Asked where it is among the
 * routers and no flag says so. Where nobody can be asked it is left out, since the node gives its
 * router up; USAGE if somebody named it, all the same.
 */
export async function leavesOut(
  own: string,
  routers: { addresses: readonly string[]; named: boolean },
  flags: { 'exclude-self': boolean; 'keep-self': boolean },
): Promise<boolean> {
  if (flags['keep-self']) return false;
  if (flags['exclude-self'] || !routers.addresses.includes(own)) return true;
  if (!onTerminal()) {
    if (!routers.named) return true;
    throw refuse(
      'USAGE',
      `the address of this node, ${own}, is among the routers`,
      'there is no terminal to ask whether the pool should have it',
      'add --exclude-self (a load balancer has no router any more) or --keep-self',
    );
  }
  return askYesNo(
    `The address of this node, ${own}, is among the routers. Leave it out of the pool?`,
    true,
  );
}
