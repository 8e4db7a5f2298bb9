import type { Cluster, Node } from '../document/cluster.ts';
import type { Warning } from '../telling/status.ts';
import { isOtherMachine } from './standing.ts';

/** A machine that carries the identity of a node, and is not where the cluster knows that. */
export interface Displaced {
  address: string;
  /** Empty without one. */
  machineId: string;
  /** As heartbeats say it: see Speaker. */
  instance: string;
  /** ISO time at which it reported to a controller. */
  at: string;
}

/** By node id: what controllers share of such machines. */
export type DisplacedOf = ReadonlyMap<string, readonly Displaced[]>;

/** Instances that spoke as a node lately, and whether two of them do so side by side. */
export interface Voices {
  heard: readonly string[];
  sideBySide: boolean;
}

/** A machine reports it every few seconds: it is written this often, and counts for this long. */
const WRITTEN_EVERY_MS = 10_000;
const COUNTS_MS = 30_000;
/** Somebody with the key of one node could say anything: one write a second, and so many machines. */
const WRITE_PAUSE_MS = 1000;
export const MACHINES_MAX = 4;

/** What controllers are to share from now on; null where what they share is good enough. */
export function nextDisplaced(before: readonly Displaced[], told: Displaced): Displaced[] | null {
  const ageMs = ({ at }: Displaced): number => Math.abs(Date.parse(told.at) - Date.parse(at));
  const same = before.find((one) => one.address === told.address && isSame(one, told));
  if (same !== undefined && ageMs(same) < WRITTEN_EVERY_MS) return null;
  if (before.some((one) => ageMs(one) < WRITE_PAUSE_MS)) return null;
  const others = before.filter((one) => one.address !== told.address && ageMs(one) < COUNTS_MS);
  return [...others, told].slice(-MACHINES_MAX);
}

function isSame(one: Displaced, other: Displaced): boolean {
  return one.machineId === other.machineId && one.instance === other.instance;
}

/** One that counts now. */
export interface Elsewhere {
  /** Null while the machine has none. */
  address: string | null;
  /** Name of another node that the cluster knows there: the machine cannot stay. */
  holder: string | null;
  machineId: string;
  /** Another machine is heard as the node. */
  isOriginalAlive: boolean;
  /** The original lives, or it is another machine. */
  isCopy: boolean;
}

/** Who else has the identity of the node now. `heard` are the instances that spoke as it lately. */
export function machinesElsewhere(
  cluster: Cluster,
  node: Node,
  told: readonly Displaced[],
  heard: readonly string[],
  nowMs: number,
): Elsewhere[] {
  if (told.length === 0) return [];
  return told
    .filter(({ at }) => Math.abs(nowMs - Date.parse(at)) < COUNTS_MS)
    .filter(({ address, instance }) => address !== node.address && !heard.includes(instance))
    .flatMap(({ address, machineId }): Elsewhere[] => {
      const holder = holderOf(cluster, node, { address });
      // It is that node by now: it was attached again.
      if (holder !== undefined && !isOtherMachine(holder.machineId, machineId)) return [];
      const now = { address, machineId, holder: holder?.name ?? null };
      return [elsewhere(node.machineId, { ...now, isOriginalAlive: heard.length > 0 })];
    });
}

/** Another node that the cluster knows at the address of a machine. */
export function holderOf(
  { nodes }: Cluster,
  { id }: Node,
  { address }: Pick<Displaced, 'address'>,
): Node | undefined {
  return Object.values(nodes).find((other) => other.id !== id && other.address === address);
}

export function elsewhere(known: string, now: Omit<Elsewhere, 'isCopy'>): Elsewhere {
  const isCopy = now.isOriginalAlive || isOtherMachine(known, now.machineId);
  return { ...now, isCopy };
}

/** What is wrong with a node's identity, and the command that helps. */
export function elsewhereWarning(
  node: Pick<Node, 'name' | 'address'>,
  machine: Elsewhere,
): Warning {
  const { name, address: known } = node;
  const { address: now, holder, isCopy } = machine;
  const at = holder === null ? now : `${now}, the address of ${holder}`;
  const moved =
    now === null
      ? `${name} has no address, the cluster knows ${known}`
      : `${name} is at ${at} now, the cluster knows ${known}`;
  const copied = now === null ? 'is here, without an address' : `runs at ${at}`;
  const what = isCopy ? `a copy of ${name} ${copied}` : moved;
  const code = isCopy ? 'NODE_CLONED' : 'NODE_MOVED';
  return { code, message: `${what}: ${elsewhereHelp(node, machine)}`, node: name };
}

/** The command that helps, and where. */
export function elsewhereHelp(
  { name, address: known }: Pick<Node, 'name' | 'address'>,
  { address: now, holder, isCopy, isOriginalAlive }: Elsewhere,
): string {
  const mayStay = now !== null && holder === null;
  const migrate = `kato node migrate ${known} ${now} on the core`;
  const attach = 'kato node attach there makes it a node of its own';
  if (!isCopy) return `${mayStay ? `${migrate}, or ` : ''}give it ${known} again`;
  if (!mayStay) return `give it an address of its own; then ${attach}`;
  return isOriginalAlive ? attach : `${attach}; ${migrate} makes it ${name}`;
}

function twinWarning({ name, address }: Node): Warning {
  const help = 'on the copy: kato node halt, another address, kato node attach CORE_IP';
  const message = `two machines speak as ${name} (${address}): ${help}`;
  return { code: 'NODE_CLONED', message, node: name };
}

export interface IdentityInput {
  cluster: Cluster;
  /** Machines that carry the identity of a node elsewhere. */
  displaced: DisplacedOf;
  /** Who spoke as a node lately. */
  voicesOf(nodeId: string): Voices;
  nowMs: number;
}

/** Nodes of which there are two, or that are not where the cluster knows them. */
export function identityWarnings({ cluster, displaced, voicesOf, nowMs }: IdentityInput) {
  return Object.values(cluster.nodes).flatMap((node): Warning[] => {
    const { heard, sideBySide } = voicesOf(node.id);
    const told = displaced.get(node.id) ?? [];
    const found = machinesElsewhere(cluster, node, told, heard, nowMs);
    const twins = sideBySide ? [twinWarning(node)] : [];
    return [...twins, ...found.map((one) => elsewhereWarning(node, one))];
  });
}
