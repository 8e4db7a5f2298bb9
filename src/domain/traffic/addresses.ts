import { refuse } from '../base/error.ts';
import { checkAddress } from '../base/names.ts';
import type { Cluster } from '../document/cluster.ts';
import { coreAddress } from '../nodes/core.ts';
import type { Catalogue } from '../roles/role.ts';

/** Why an address stands for no machine that others reach (RFC 6890); null for all that may do so. */
export function specialUse(cluster: Cluster, catalogue: Catalogue, address: string): string | null {
  // A cluster that is tried out on one machine has nothing else.
  if (isLoopback(address) && isLoopback(coreAddress(cluster, catalogue))) return null;
  const [first = 0, second] = address.split('.').map(Number);
  if (address === '255.255.255.255') return 'the broadcast address';
  if (first === 0) return 'no address of a machine';
  if (isLoopback(address)) return 'a loopback address, which each router would take for its own';
  if (first === 169 && second === 254) return 'a link-local address';
  if (first >= 240) return 'a reserved address';
  return first >= 224 ? 'a multicast address' : null;
}

/** BAD_ADDRESS for what is none, or at which the other nodes would find nobody, or themselves. */
export function checkNodeAddress(cluster: Cluster, catalogue: Catalogue, text: string): string {
  const address = checkAddress(text);
  const special = specialUse(cluster, catalogue, address);
  if (special === null) return address;
  throw refuse(
    'BAD_ADDRESS',
    `a node cannot have the address ${address}`,
    `it is ${special}`,
    'give the address that the other nodes reach it at',
  );
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}
