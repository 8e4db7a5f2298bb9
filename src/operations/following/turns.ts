import { reasonOf } from '../../domain/base/error.ts';
import { own } from '../../domain/base/own.ts';
import { isGone } from '../../domain/nodes/verdicts.ts';
import { processNames } from '../../domain/roles/roles.ts';
import { turnOf } from '../../domain/rolls/rolls.ts';
import { rollsAskedAt } from '../../domain/rolls/stop.ts';
import type { TurnEnd } from '../../domain/rolls/turns.ts';
import { roleState } from '../../domain/telling/role-state.ts';
import type { Knowledge } from '../operation.ts';
import { notFollowed, progressOf } from './progress.ts';

/**
 * How the turn that is under way has ended: well when its node is done with it, its role runs, and all who
 * send requests know of it. null while that is not known.
 */
export function endOfTurn(known: Knowledge, role: string): TurnEnd | null {
  const { cluster, catalogue, verdicts, reports } = known;
  const turn = turnOf(cluster.rolls![role]!);
  const node = own(cluster.nodes, turn.node);
  if (node === undefined || !(role in node.roles) || isGone(verdicts, node.id)) return 'over';
  const rolls = rollsAskedAt(cluster, catalogue, turn.revision);
  const { done, failures: all } = progressOf(known, node.id, turn.revision, rolls);
  if (!done) return null;
  const names = processNames(catalogue, role);
  const failures = all.filter(({ process }) => names.includes(process));
  const { processes } = reports.get(node.id)!;
  const state = roleState(node.roles[role]!.stopped !== null, names, { processes, failures });
  if (state === 'failed') {
    const dying = names.find((name) => own(processes, name)?.state === 'FATAL');
    return failures[0] === undefined
      ? { code: 'ROLE_FAILED', message: `${dying} keeps dying` }
      : reasonOf(failures[0]);
  }
  if (state === 'starting') return null;
  return notFollowed(known, [node.id], turn.revision).length === 0 ? 'over' : null;
}
