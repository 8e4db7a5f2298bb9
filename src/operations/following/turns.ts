import { own } from '../../domain/base/own.ts';
import type { Node } from '../../domain/document/cluster.ts';
import { isGone } from '../../domain/nodes/verdicts.ts';
import { processNames } from '../../domain/roles/roles.ts';
import { isWanted } from '../../domain/roles/wanted-since.ts';
import { turnOf } from '../../domain/rolls/rolls.ts';
import type { TurnEnd } from '../../domain/rolls/turns.ts';
import type { Knowledge } from '../operation.ts';
import { notFollowed, progressOf } from './progress.ts';

/**
 * How the turn that is under way has ended: well when its node is done with it, its role runs, and all who
 * send requests know of it. null while that is not known.
 */
export function endOfTurn(known: Knowledge, role: string): TurnEnd | null {
  const { cluster, catalogue, verdicts } = known;
  const roll = cluster.rolls![role]!;
  const turn = turnOf(roll);
  const node = own(cluster.nodes, turn.node);
  if (node === undefined || !(role in node.roles) || isGone(verdicts, node.id)) return 'over';
  const { done, failures } = progressOf(known, node.id, turn.revision);
  if (!done) return null;
  const names = processNames(catalogue, role);
  const failure = failures.find(({ process }) => names.includes(process));
  if (failure !== undefined) {
    const { code, message, why } = failure;
    return { code, message, ...(why === undefined ? {} : { why }) };
  }
  if (isWanted(node, role, catalogue)) {
    const { running, dying } = statesOf(known, node, names);
    if (dying !== undefined) {
      return { code: 'ROLE_FAILED', message: `${dying} keeps dying` };
    }
    if (!running) return null;
  }
  return notFollowed(known, [node.id], turn.revision).length === 0 ? 'over' : null;
}

function statesOf({ reports }: Knowledge, { id }: Node, names: readonly string[]) {
  const processes = reports.get(id)?.processes ?? {};
  const stateOf = (name: string) => own(processes, name)?.state;
  return {
    running: names.every((name) => stateOf(name) === 'RUNNING'),
    dying: names.find((name) => stateOf(name) === 'FATAL'),
  };
}
