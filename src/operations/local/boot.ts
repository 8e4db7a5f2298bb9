import { refuse } from '../../domain/error.ts';
import { announceHalt, forgetHalt } from '../../machine/halting.ts';
import { noNodeHere, readIdentity } from '../../machine/ledger.ts';
import { AGENT } from '../../machine/places.ts';
import { control, readStatus, serviceOf } from '../../machine/service.ts';
import { accepts } from '../../machine/socket.ts';
import {
  bootSupervision,
  shutdownSupervision,
  supervisionEnded,
  supervisionRunning,
} from '../../machine/supervision.ts';
import { within } from '../../machine/wait.ts';
import { checkRoot, type Host, startAgent } from './host.ts';

/** The agent's program takes a second or two to listen. */
const LISTEN_MS = 20_000;

/**
 * Starts this node from its ledger: everything comes up that was up. Where it runs already, what is
 * missing of it comes back: the folder in /run, and an agent that nobody can ask. False: all was there.
 */
export async function bootNode(host: Host): Promise<boolean> {
  const { paths } = host;
  checkRoot('kato node boot');
  if ((await readIdentity(paths)) === null) {
    throw await noNodeHere(paths);
  }
  await forgetHalt(paths);
  const ran = await supervisionRunning(paths);
  await bootSupervision(paths);
  return ran ? reviveAgent(host) : true;
}

/** One that is about to start by itself is left to that. False: it listens. */
async function reviveAgent(host: Host): Promise<boolean> {
  const { paths } = host;
  const folder = serviceOf(AGENT, paths);
  if (await accepts(paths.socket)) return false;
  const status = await readStatus(folder);
  if (status === null || !status.wantedUp) await startAgent(host);
  else if (status.up && status.ready) await control(folder, 'r');
  if (await within(LISTEN_MS, () => accepts(paths.socket))) return true;
  throw refuse(
    'ROLE_FAILED',
    'the agent of this node does not listen',
    `it was started, and is not there after ${LISTEN_MS / 1000} s`,
    `look at ${paths.log}/${AGENT}/current`,
  );
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
