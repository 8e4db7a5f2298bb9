import { type KatoError, refuse } from '../../domain/base/error.ts';
import {
  failedStep,
  type NodeStatus,
  type RoleStatus,
  type Status,
} from '../../domain/telling/status.ts';
import { askStatus } from './session.ts';

/** The roles of nodes for which something was asked again that had been asked for before. */
export type Meant = (node: NodeStatus, role: RoleStatus) => boolean;

/** What was asked for before is wanted, and may have failed: then that is thrown. */
export async function refuseFailed(isMeant: Meant): Promise<void> {
  const failure = failureAmong(await askStatus(false), isMeant);
  if (failure !== null) throw failure;
}

/** The first failure of a role that is meant, as an error; null where all of them are well. */
export function failureAmong({ nodes }: Status, isMeant: Meant): KatoError | null {
  for (const node of nodes) {
    for (const role of node.roles.filter((one) => isMeant(node, one))) {
      const step = failedStep(node, role);
      if (role.state !== 'failed' && step === undefined) continue;
      const { code, message, why, next } = step ?? keepsDying(node, role);
      const what = `already asked for, but not done: ${node.name}: ${message}`;
      return refuse(code, what, why, next);
    }
  }
  return null;
}

function keepsDying({ name: node, state }: NodeStatus, { name, processes }: RoleStatus) {
  const process = processes.find((one) => one.state === 'FATAL')?.name ?? processes[0]?.name;
  return {
    code: 'ROLE_FAILED' as const,
    message: `the role '${name}' has failed`,
    why: state === 'dead' ? `${node} is dead` : `${process} keeps dying`,
    next: 'kato status',
  };
}
