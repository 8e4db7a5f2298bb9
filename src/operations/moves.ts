import * as v from 'valibot';
import { idShape, list, shaped, word } from '../domain/base/shapes.ts';
import { holderOf, machinesElsewhere } from '../domain/nodes/displaced.ts';
import { migrateNode } from '../domain/nodes/migrate.ts';
import { checkNodeAddress } from '../domain/traffic/addresses.ts';
import { type Knowledge, NODE, preparedChange, read } from './operation.ts';

/** What the cluster says to a machine that carries a node's identity elsewhere. */
export interface DisplacedAnswer {
  /** Where the cluster knows the node: the machine goes on as it once it is there. */
  address: string;
  /**
   * Name of another node that has the address that the machine reports; absent from an earlier
   * kato.
   */
  holder?: string | null;
  /** Another machine was heard as the node just now. */
  isOriginalAlive: boolean;
}

/**
 * Asked repeatedly by such a machine, about itself. It speaks for no node until it is where it
 * should be.
 */
export const nodeDisplaced = read(
  'node.displaced',
  'anyone',
  v.strictObject({
    address: word,
    machineId: idShape('a machine id'),
    instance: idShape('an instance'),
  }),
  async (known, { address, machineId, instance }, by): Promise<DisplacedAnswer> => {
    const at = known.now().toISOString();
    const told = {
      address: checkNodeAddress(known.cluster, known.catalogue, address),
      machineId,
      instance,
      at,
    };
    if (by.address !== address) await known.takeDisplaced(by.id, told);
    const { heard } = known.voicesOf(by.id);
    const holder = holderOf(known.cluster, by, told)?.name ?? null;
    return { address: by.address, holder, isOriginalAlive: heard.some((one) => one !== instance) };
  },
);

/** A node that lives answers a live question within this. */
const ANSWER_MS = 1000;
const ADDRESSES = list(word, 64);

/** Gives a node the address that its machine has now. */
export const nodeMigrate = preparedChange(
  'node.migrate',
  'admin',
  v.strictObject({ node: NODE, address: word, force: v.boolean() }),
  async (known, { node: id, address, force }) => {
    const to = checkNodeAddress(known.cluster, known.catalogue, address);
    const own = await addressesOf(known, id);
    return {
      decide: (cluster, asked) => {
        const node = cluster.nodes[id];
        const told = known.displaced.get(id) ?? [];
        const { heard } = known.voicesOf(id);
        const nowMs = known.now().getTime();
        const elsewhere = node ? machinesElsewhere(cluster, node, told, heard, nowMs) : [];
        return migrateNode(cluster, { node: id, address: to, force, elsewhere, own }, asked);
      },
    };
  },
);

/** Of a node that lives. One of an earlier kato does not tell. */
async function addressesOf(known: Knowledge, id: string): Promise<readonly string[]> {
  const answer = await known.askNode(id, 'addresses', null, ANSWER_MS).catch(() => null);
  return shaped(ADDRESSES, answer).value ?? [];
}
