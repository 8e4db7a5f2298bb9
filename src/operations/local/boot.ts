import { refuse } from '../../domain/error.ts';
import { announceHalt, forgetHalt } from '../../machine/halting.ts';
import { readIdentity } from '../../machine/ledger.ts';
import {
  bootSupervision,
  shutdownSupervision,
  supervisionEnded,
  supervisionRunning,
} from '../../machine/supervision.ts';
import { within } from '../../machine/wait.ts';
import { checkRoot, type Host } from './host.ts';

/** Starts this node from its ledger: everything comes up that was up. False: it ran already. */
export async function bootNode({ paths }: Host): Promise<boolean> {
  checkRoot('kato node boot');
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
  checkRoot('kato node halt');
  if (!(await supervisionRunning(paths))) return false;
  await announceHalt(paths);
  await shutdownSupervision(paths);
  return true;
}

/** Removing each process may take its own stop time. */
const LEAVE_MS = 60_000;

/** Waits until the agent has taken this machine out: no identity, and no tree. */
export async function hasLeft({ paths }: Host): Promise<void> {
  const gone = async (): Promise<boolean> =>
    (await readIdentity(paths)) === null && (await supervisionEnded(paths));
  if (await within(LEAVE_MS, gone)) return;
  throw refuse(
    'TIMEOUT',
    `the roles of this node did not stop within ${LEAVE_MS / 1000} s`,
    'the cluster has removed it; its agent goes on stopping what is left',
    `look at ${paths.log}/agent/current`,
  );
}
