import { type KatoError, refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { LEAVE_SECONDS } from '../../domain/making/plan.ts';
import { servingProcesses } from '../../domain/roles/roles.ts';
import { applyStep } from '../../machine/apply/apply.ts';
import { run } from '../../machine/command.ts';
import { writeFileAtomic } from '../../machine/disk/files.ts';
import { AGENT } from '../../machine/disk/places.ts';
import { removeBootUnit } from '../../machine/node/boot-unit.ts';
import { forgetNode, type NodeIdentity } from '../../machine/node/ledger.ts';
import { observe } from '../../machine/observe.ts';
import { serviceOf } from '../../machine/s6/service.ts';
import type { Released } from '../../operations/following/released.ts';
import type { ClusterLink } from '../cluster-link.ts';
import type { PassContext } from '../look.ts';
import { untilReleased } from './released.ts';

/** Time for each process to stop when its node leaves. */
const STOP_SECONDS = 20;

/** The node leaves: its processes end, what it knew is forgotten, its data stays, its tree ends. */
export async function leaveCluster(
  { paths, catalogue }: PassContext,
  identity: NodeIdentity,
  link: Pick<ClusterLink, 'removed' | 'sayStopped'>,
  log: (line: string) => void,
): Promise<void> {
  const { processes } = await observe(paths);
  const others = Object.keys(processes).filter((name) => name !== AGENT);
  const serving = servingProcesses(catalogue);
  if (others.some((name) => serving.includes(name) && processes[name]!.state === 'RUNNING')) {
    const late = await untilReleased(() => askOnce(link), LEAVE_SECONDS);
    if (late !== undefined) log(`leave: ${late}`);
  }
  await Promise.all(
    others.map((process) =>
      applyStep({ kind: 'remove', process, seconds: STOP_SECONDS }, { paths, self: AGENT }),
    ),
  );
  await link.sayStopped();
  await forgetNode(paths, identity);
  await removeBootUnit(paths);
  // A later attach, perhaps by another kato, starts an agent of its own.
  await writeFileAtomic(`${serviceOf(AGENT, paths)}/down`, '', { mode: 0o600 });
  await endTree(paths);
}

/** Whoever does not answer a node that was removed does not say who may still send it something. */
async function askOnce(link: Pick<ClusterLink, 'removed'>): Promise<Released> {
  const answer = await link.removed();
  if (answer !== null) return answer;
  throw refuse('CONTROLLER_AWAY', 'no controller answers');
}

/** What the node answers to users who ask meanwhile. */
export function removedNow({ name, core }: NodeIdentity): KatoError {
  return refuse(
    'NOT_SET_UP',
    `node ${name} was taken out of its cluster`,
    'its roles are being stopped; its data stays',
    `when that is done, kato node attach ${core.address} with a token makes it a node again`,
  );
}

/** The last act: the tree ends this agent, too. */
async function endTree(paths: Paths): Promise<void> {
  await run(['s6-svscanctl', '-t', paths.service]);
}
