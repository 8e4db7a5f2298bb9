import * as v from 'valibot';
import { checkAddress } from '../domain/base/names.ts';
import { katoVersion, words } from '../domain/base/shapes.ts';
import type { Node } from '../domain/document/cluster.ts';
import { findNode } from '../domain/nodes/find-node.ts';
import { confirmNode, dropAbandoned, removeNodes, settleFormer } from '../domain/nodes/leave.ts';
import { isGone } from '../domain/nodes/verdicts.ts';
import { isGrantable, nodesWith } from '../domain/roles/roles.ts';
import type { NodeState } from '../domain/telling/status.ts';
import { byAddress, nodeState } from '../domain/telling/status-of.ts';
import { setupLoadBalancer } from '../domain/traffic/load-balancer.ts';
import {
  change,
  type Knowledge,
  NODE,
  NODES,
  type Prepared,
  preparedChange,
  read,
} from './operation.ts';
import { whoAnswers } from './report.ts';
import { SECRETS } from './secrets.ts';

/** What all answers tell of a node. */
interface ToldNode {
  id: string;
  name: string;
  address: string;
  zone: string;
  state: NodeState;
  admin: boolean;
  version: string;
  roles: string[];
}

export interface ListedNode extends ToldNode {
  /** Seconds since the last sign of life; null when there never was one. */
  lastSeen: number | null;
}

export const nodeList = read(
  'node.list',
  'anyone',
  v.strictObject({}),
  async (known): Promise<ListedNode[]> => {
    const { cluster, lastSeen } = known;
    return Object.values(cluster.nodes)
      .sort(byAddress)
      .map((node) => ({ ...told(known, node), lastSeen: lastSeen.get(node.id) ?? null }));
  },
);

export const nodeRemove = preparedChange(
  'node.remove',
  'admin',
  v.strictObject({
    nodes: NODES,
    /** Nobody waits until the nodes have stopped their roles: they are gone for good. */
    skipDetach: v.boolean(),
    force: v.optional(v.boolean(), false),
  }),
  async (known, { nodes, skipDetach, force }) =>
    removal(known, nodes, force, skipDetach ? new Set() : await whoAnswers(known, nodes)),
);

/** A node asks to go itself: a person at it means it. */
export const nodeDetach = preparedChange(
  'node.detach',
  'own',
  v.strictObject({ node: NODE }),
  (known, { node }) => removal(known, [node], true, new Set()),
);

/** The nodes go, and with them the secrets of their roles. */
async function removal(
  known: Knowledge,
  nodes: string[],
  force: boolean,
  awaited: ReadonlySet<string>,
): Promise<Prepared> {
  const secrets = await Promise.all(nodes.map((id) => known.secretsBelow(SECRETS.ofNode(id))));
  const params = {
    nodes,
    force,
    awaited: (id: string) => awaited.has(id),
  };
  return {
    decide: (cluster, asked) => removeNodes(cluster, params, asked),
    forget: () => secrets.flatMap((own) => Object.keys(own)),
  };
}

/** Asked by the controller itself when a removed node says that its roles are stopped. */
export const nodeSettleFormer = change(
  'node.settle-former',
  'controller',
  v.strictObject({ node: NODE }),
  (cluster, { node }) => settleFormer(cluster, { id: node }),
);

/** Asked by the controller itself when a node shows its own key. */
export const nodeConfirm = preparedChange(
  'node.confirm',
  'controller',
  v.strictObject({ node: NODE, version: katoVersion, catalogue: words }),
  async (known, params) => {
    const replaced = known.cluster.nodes[params.node]?.replaces;
    const replacedIsGone = replaced !== undefined && isGone(known.verdicts, replaced);
    const secrets = replacedIsGone ? await known.secretsBelow(SECRETS.ofNode(replaced)) : {};
    return {
      decide: (cluster, asked) => confirmNode(cluster, { ...params, replacedIsGone }, asked),
      forget: () => Object.keys(secrets),
    };
  },
);

/** Asked by the controllers themselves for joins that broke off. */
export const nodeDropAbandoned = change(
  'node.drop-abandoned',
  'controller',
  v.strictObject({}),
  (cluster, _params, asked) => dropAbandoned(cluster, asked.at),
);

export const nodeSetupLoadBalancer = change(
  'node.setup-load-balancer',
  'own',
  v.strictObject({
    node: NODE,
    addresses: words,
    excludeSelf: v.boolean(),
    force: v.boolean(),
  }),
  (cluster, params, asked) => {
    const addresses = params.addresses.map(checkAddress);
    return setupLoadBalancer(cluster, { ...params, addresses }, asked);
  },
);

/** What one node is: `kato info`. */
export interface NodeInfo extends ToldNode {
  hostname: string;
  /** Roles that it may be given. */
  available: string[];
  cluster: { id: string; endpoint: string };
}

export const nodeInfo = read(
  'node.info',
  'anyone',
  v.strictObject({ node: NODE }),
  async (known, params, by): Promise<NodeInfo> => {
    const node = findNode(known.cluster, params.node);
    return {
      ...told(known, node),
      hostname: node.hostname,
      available: node.catalogue.filter((role) => mayBeGiven(known, node, role, by)),
      cluster: { id: known.cluster.id, endpoint: known.cluster.endpoint },
    };
  },
);

function told({ verdicts }: Knowledge, node: Node): ToldNode {
  const { id, name, address, zone, admin, version, roles } = node;
  const state = nodeState(verdicts, node);
  return { id, name, address, zone, state, admin, version, roles: Object.keys(roles) };
}

/** A role that who asks could give to the node, as far as its token and the number of nodes go. */
function mayBeGiven(
  { cluster, catalogue }: Knowledge,
  node: Node,
  role: string,
  by: Node,
): boolean {
  const definition = catalogue.roles.get(role);
  if (definition === undefined || role in node.roles) return false;
  if (!by.admin && !isGrantable(catalogue, role, node.allowedRoles, false)) return false;
  const { given, perCluster } = definition;
  // What a setup command gives is told where the token was made for it.
  if (given !== 'add' && node.allowedRoles?.includes(role) !== true) return false;
  return perCluster.max === null || nodesWith(cluster, role).length < perCluster.max;
}
