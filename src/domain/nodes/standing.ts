/** What a machine is to the identity of a node that lies on its disk. */
export type Standing = 'home' | 'moved' | 'clone';

/** Where a machine can be reached, and which one it is. */
export interface Whereabouts {
  /** IPv4 addresses that others can reach. */
  addresses: readonly string[];
  /** Empty without one. */
  machineId: string;
}

/**
 * An address that changed makes no clone: the machine, its disk and its key are the same. What has
 * another machine id as well is a copy of the disk, or the disk in another machine. A machine
 * without any address has no network yet, and is where it was.
 */
export function standingOf(
  identity: { address: string; machineId: string },
  { addresses, machineId }: Whereabouts,
): Standing {
  if (identity.address.startsWith('127.')) return 'home';
  if (addresses.length === 0 || addresses.includes(identity.address)) return 'home';
  return isOtherMachine(identity.machineId, machineId) ? 'clone' : 'moved';
}

/** False where one of them has no machine id, as many containers. */
export function isOtherMachine(one: string, other: string): boolean {
  return one !== '' && other !== '' && one !== other;
}

/** Whether it is the identity of the core: its machine has what no other one has. */
export function isOfCore(identity: { address: string; core: { address: string } }): boolean {
  return identity.address === identity.core.address;
}

/** Whether the machine is where the node should be: it may do without a network, but not move so. */
export function isAt(
  identity: { address: string; machineId: string },
  wanted: string,
  where: Whereabouts,
): boolean {
  if (wanted === identity.address) return standingOf(identity, where) === 'home';
  return where.addresses.includes(wanted);
}
