import type { Cluster, Node } from '../document/cluster.ts';
import { clusterSetting, OF_AGENTS } from '../document/cluster-settings.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue } from '../roles/role.ts';
import { awaitedRoles, heldBack } from '../rolls/rolls.ts';
import type { Asks } from './asks.ts';
import type { Part, Parts } from './parts.ts';
import type { View } from './view.ts';

type Settings = View['settings'];

interface Input {
  cluster: Cluster;
  catalogue: Catalogue;
}

/** Settings of a node's roles as they are wanted, and those of the cluster that agents go by. */
export function wantedSettings(
  { cluster, catalogue }: Input,
  part: Parts['part'],
  { roles, definitions }: Asks,
): Part<Settings> {
  return part(`settings of ${roles}`, [cluster.settings, catalogue], () => ({
    cluster: Object.fromEntries(OF_AGENTS.map((key) => [key, clusterSetting(cluster, key)])),
    ...Object.fromEntries(
      definitions.map(({ name }) => [name, settingsOf(cluster, catalogue, name)]),
    ),
  }));
}

/** The same of a node whose turn is still to come; null for all others. */
export function awaitedSettings(
  input: Input,
  part: Parts['part'],
  node: Node,
  asks: Asks,
): Part<Settings> | null {
  const { cluster, catalogue } = input;
  if (cluster.rolls === undefined) return null;
  const roles = awaitedRoles(cluster, catalogue, node);
  if (roles.length === 0) return null;
  const held = roles.map((role) => [role, heldBack(cluster, role, node.id)] as const);
  // All who wait for the same have the same.
  const name = `settings of ${asks.roles} with ${JSON.stringify(held)}`;
  return part(name, [cluster.settings, catalogue], () => {
    const { value: wanted } = wantedSettings(input, part, asks);
    const awaited = held.map(([role, values]) => [role, { ...wanted[role], ...values }]);
    return { ...wanted, ...Object.fromEntries(awaited) };
  });
}
