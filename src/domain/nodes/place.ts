import { refuse } from '../base/error.ts';
import type { Asked } from '../document/change.ts';
import type { Cluster, Node, Token } from '../document/cluster.ts';
import type { Catalogue } from '../roles/role.ts';
import { isGrantable } from '../roles/roles.ts';
import { isCore } from './core.ts';

/** What a machine says of itself when it asks to join, as far as it may be one that was there before. */
interface Joiner {
  address: string;
  machineId: string;
  /** Nodes that are dead or left. */
  gone: string[];
}

/** Which records make room for the joiner. */
export interface Place {
  /** Ids of records at its address that were never seen with their own key: they go at once. */
  abandoned: string[];
  /** Dead or left, at its address or of its machine: it goes once the joiner has shown its key. */
  replaced: Node | undefined;
}

export function placeOf(
  cluster: Cluster,
  joiner: Joiner,
  token: Token,
  { at, catalogue }: Pick<Asked, 'at' | 'catalogue'>,
): Place {
  const nodes = Object.values(cluster.nodes);
  const here = nodes.filter((node) => node.address === joiner.address);
  const abandoned = here.filter((node) => isAbandoned(node, joiner, at)).map(({ id }) => id);
  const isFree = (node: Node): boolean =>
    joiner.gone.includes(node.id) && covers(token, node, catalogue);
  const holder = here.find((node) => !abandoned.includes(node.id));
  if (holder !== undefined) {
    if (isFree(holder)) return { abandoned, replaced: holder };
    throw addressTaken(holder, joiner, token);
  }
  // The same machine id alone may be a clone that was never cleaned: only a gone node gives way.
  return { abandoned, replaced: nodes.find((node) => isSameMachine(node, joiner) && isFree(node)) };
}

/** Whether a machine with this token may have all that the node has: else it may not take its place. */
function covers(token: Token, node: Node, catalogue: Catalogue): boolean {
  if (isCore(node, catalogue) || (node.admin && !token.admin)) return false;
  return Object.keys(node.roles)
    .filter((role) => catalogue.roles.get(role)?.given !== 'always')
    .every((role) => isGrantable(catalogue, role, token.roles, token.admin));
}

function addressTaken(holder: Node, { address, gone }: Joiner, token: Token) {
  const { name } = holder;
  return refuse(
    'CONFLICT',
    `the address ${address} belongs to node ${name}`,
    gone.includes(holder.id)
      ? `that node is gone, and the token ${token.id} does not allow all that it has`
      : 'that node is alive, or is the core',
    `give another address with --address, or remove it first: kato node remove ${name}`,
  );
}

/** Never seen with its own key: its time is over, or the same machine asks again without that key. */
function isAbandoned(node: Node, joiner: Joiner, at: string): boolean {
  const { pendingUntil } = node;
  return pendingUntil !== null && (pendingUntil <= at || isSameMachine(node, joiner));
}

/** Machines without a machine id, as many containers are, are not all the same one. */
function isSameMachine({ machineId }: Node, joiner: Joiner): boolean {
  return machineId !== '' && machineId === joiner.machineId;
}
