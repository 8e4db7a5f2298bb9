import { refuse } from '../../domain/error.ts';
import { announceHalt, forgetHalt } from '../../machine/halting.ts';
import { type NodeIdentity, readIdentity } from '../../machine/ledger.ts';
import { addresses } from '../../machine/network.ts';
import {
  bootSupervision,
  shutdownSupervision,
  supervisionRunning,
} from '../../machine/supervision.ts';
import type { Host } from './host.ts';

/** Starts this node from its ledger: everything comes up that was up. False: it ran already. */
export async function bootNode({ paths }: Host): Promise<boolean> {
  if ((await readIdentity(paths)) === null) {
    throw refuse(
      'NOT_SET_UP',
      'this machine is no node of a cluster',
      'there is nothing to start',
      'kato node setup core, or kato node attach CORE_IP',
    );
  }
  await forgetHalt(paths);
  if (await supervisionRunning(paths)) return false;
  await bootSupervision(paths);
  return true;
}

/** Stops this node in order, as a shutdown of the machine does: the others see that it left. */
export async function haltNode({ paths }: Host): Promise<boolean> {
  if (!(await supervisionRunning(paths))) return false;
  await announceHalt(paths);
  await shutdownSupervision(paths);
  return true;
}

/**
 * Whether this machine is another one than the identity was made for: a clone of its disk has
 * other addresses. A machine without any address has no network yet, and is no clone.
 */
export async function isClone(identity: NodeIdentity): Promise<boolean> {
  if (identity.address.startsWith('127.')) return false;
  const known = (await addresses()).map(({ address }) => address);
  return known.length > 0 && !known.includes(identity.address);
}
