import * as v from 'valibot';
import { refuse } from '../domain/base/error.ts';
import { words } from '../domain/base/shapes.ts';
import type { Node } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import { findNode } from '../domain/nodes/find-node.ts';
import { switchProcesses } from '../domain/roles/process-switch.ts';
import { addRoles, removeRoles } from '../domain/roles/role-changes.ts';
import { switchRoles } from '../domain/roles/role-switch.ts';
import { byAddress } from '../domain/telling/status-of.ts';
import { change, type Knowledge, NODE, NODE_OR_ALL, preparedChange, read } from './operation.ts';
import { reportOf, whoAnswers } from './report.ts';
import { roleSecrets } from './secrets.ts';

/** How long a live question to one agent may take. */
const ASK_MS = 2000;

export const roleAdd = preparedChange(
  'role.add',
  'own',
  v.strictObject({
    node: NODE,
    roles: words,
    selection: v.picklist(['named', 'all', 'all-but', 'only']),
    noStart: v.boolean(),
    force: v.optional(v.boolean(), false),
  }),
  async (known, params) => ({
    decide: (cluster, asked) => addRoles(cluster, params, asked),
    newSecrets: (cluster) =>
      roleSecrets(known.catalogue, cluster, findNode(cluster, params.node).id),
  }),
);

export const roleRemove = change(
  'role.remove',
  'own',
  v.strictObject({
    node: NODE,
    roles: words,
    selection: v.picklist(['named', 'all', 'all-but']),
    purgeData: v.boolean(),
    force: v.optional(v.boolean(), false),
  }),
  removeRoles,
);

export const roleSwitch = change(
  'role.switch',
  'own',
  v.strictObject({
    node: NODE,
    roles: words,
    to: v.picklist(['start', 'stop', 'restart']),
    force: v.optional(v.boolean(), false),
  }),
  switchRoles,
);

export const processSwitch = preparedChange(
  'process.switch',
  'own',
  v.strictObject({
    node: NODE,
    processes: words,
    to: v.picklist(['start', 'stop', 'restart']),
    force: v.optional(v.boolean(), false),
  }),
  async (known, params) => {
    const isAnswering =
      params.to !== 'stop' || (await whoAnswers(known, [params.node])).has(params.node);
    return {
      decide: (cluster, asked) => switchProcesses(cluster, { ...params, isAnswering }, asked),
    };
  },
);

/** The processes of one node. */
export interface NodeProcesses {
  node: string;
  id: string;
  address: string;
  processes: Report['processes'];
  /** The node did not answer: these are its last known states. */
  stale: boolean;
}

/** Live states of the processes of one node or of all. */
export const processList = read(
  'process.list',
  'anyone',
  v.strictObject({ node: NODE_OR_ALL }),
  async (known, { node: id }): Promise<NodeProcesses[]> => {
    if (id !== null) return [await processesOf(known, findNode(known.cluster, id))];
    const nodes = Object.values(known.cluster.nodes).sort(byAddress);
    const answers = await known.askAll();
    return nodes.map((node) => {
      const report = answers.get(node.id);
      const processes = (report ?? known.reports.get(node.id))?.processes ?? {};
      return { ...told(node), processes, stale: report === undefined };
    });
  },
);

/** One node that was asked for by its name has to answer. */
async function processesOf(known: Knowledge, node: Node): Promise<NodeProcesses> {
  const report = reportOf(await known.askNode(node.id, 'status', null, ASK_MS));
  if (report !== null) return { ...told(node), processes: report.processes, stale: false };
  throw refuse('NODE_UNREACHABLE', `what node ${node.name} answers is not a report`);
}

function told({ id, name, address }: Node): Pick<NodeProcesses, 'node' | 'id' | 'address'> {
  return { node: name, id, address };
}
