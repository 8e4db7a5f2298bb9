import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { applyStep } from '../../machine/apply/apply.ts';
import { refuseNoexec } from '../../machine/disk/ground.ts';
import { AGENT } from '../../machine/disk/places.ts';
import { answers } from '../../machine/network/socket.ts';
import { announceHalt, forgetHalt, isReleased } from '../../machine/node/halting.ts';
import { noNodeHere, readIdentity } from '../../machine/node/ledger.ts';
import { readStatus, serviceOf } from '../../machine/s6/service.ts';
import { shutdownSupervision, whatLives } from '../../machine/s6/shutdown.ts';
import {
  bootSupervision,
  supervisionEnded,
  supervisionRunning,
} from '../../machine/s6/supervision.ts';
import { within } from '../../machine/s6/wait.ts';
import { checkRoot, type Host, startAgent } from './host.ts';

/** The agent's program takes a second or two to listen. */
const LISTEN_MS = 20_000;
const READY_SECONDS = 20;

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
  await refuseNoexec(paths.service, `${serviceOf(AGENT, paths)}/run`);
  await forgetHalt(paths);
  const ran = await supervisionRunning(paths);
  await bootSupervision(paths);
  return ran ? reviveAgent(host) : true;
}

/** One that is about to start by itself is left to that. False: it answers. */
async function reviveAgent(host: Host): Promise<boolean> {
  const { paths } = host;
  const folder = serviceOf(AGENT, paths);
  if (await answers(paths.socket)) return false;
  const status = await readStatus(folder);
  if (status === null || !status.wantedUp) await startAgent(host);
  else if (status.up && status.ready) await restartAgent(paths);
  if (await within(LISTEN_MS, () => answers(paths.socket))) return true;
  throw refuse(
    'ROLE_FAILED',
    'the agent of this node does not answer',
    `it was started, and does not answer after ${LISTEN_MS / 1000} s`,
    `see ${paths.log}/${AGENT}/current`,
  );
}

/** One that is frozen is killed when its time is over. */
async function restartAgent(paths: Paths): Promise<void> {
  const step = {
    kind: 'restart',
    process: AGENT,
    restarts: 0,
    readySeconds: READY_SECONDS,
  } as const;
  await applyStep(step, { paths, self: null });
}

/** Stops this node in order, as a shutdown of the machine does: the others see that it left. */
export async function haltNode(
  { paths }: Host,
  onWait: (lives: string[]) => void,
): Promise<boolean> {
  checkRoot('kato node halt');
  if (!(await supervisionRunning(paths))) return false;
  await announceHalt(paths);
  // One that does not answer cannot tell the others anything: they find out.
  if (await answers(paths.socket)) await isReleased(paths);
  await shutdownSupervision(paths, onWait);
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
    `this node did not stop within ${LEAVE_MS / 1000} s: ${(await whatLives(paths)).join(', ')}`,
    'the cluster has removed it; its agent goes on stopping what is left',
    `see ${paths.log}/agent/current`,
  );
}
