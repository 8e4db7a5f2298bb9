import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { Bus } from '../../bus/bus.ts';
import { createIdentity, keyOfSeed } from '../../bus/identity.ts';
import { nodeAsk } from '../../bus/subjects.ts';
import { KatoError, refuse } from '../../domain/base/error.ts';
import type { Cluster, Node } from '../../domain/document/cluster.ts';
import { checkDocument } from '../../domain/document/document-shape.ts';
import { isProven } from '../../domain/document/proof.ts';
import {
  epochAbove,
  type Recovered,
  recovered,
  type SavedState,
} from '../../domain/document/restore.ts';
import { busPort, coreOf } from '../../domain/nodes/core.ts';
import { withNeeded } from '../../domain/roles/needed.ts';
import type { Version, View } from '../../domain/views/view.ts';
import type { HostFacts } from '../../machine/node/host.ts';
import { deliveryIn, type NodeIdentity, secretsIn } from '../../machine/node/ledger.ts';
import { within } from '../../machine/s6/wait.ts';
import { checkExport, openState } from '../export-file.ts';
import { fileReason } from '../file-reason.ts';
import { newLineage } from '../lineage.ts';
import { reportOf } from '../report.ts';
import { isFullName, SECRETS, secretsOfState } from '../secrets.ts';
import type { Host } from './host.ts';
import type { Draft } from './new-cluster.ts';

/** Far above any document; a device that was named by mistake has no end. */
const BYTES_MAX = 100_000_000;

/** An export, or the ledger of a core with its secrets beside it. */
export async function readSavedState(
  file: string,
  passphrase: () => Promise<string>,
): Promise<SavedState> {
  const stream = createReadStream(file, { end: BYTES_MAX });
  const text = await textOf(stream).catch((error: unknown) => {
    throw refuse('BAD_FILE', `cannot read ${file}`, fileReason(error));
  });
  if (text.startsWith('{')) return fromLedger(file, text);
  checkExport(text);
  const state = await openState(text, await passphrase());
  checkDocument(state.cluster);
  return state;
}

async function fromLedger(file: string, text: string): Promise<SavedState> {
  try {
    const delivery = deliveryIn(text);
    if (delivery === null) throw new Error('it is damaged');
    const cluster = delivery.view.document;
    if (!cluster)
      throw new Error('it belongs to a node that is not the core: only a core keeps everything');
    checkDocument(cluster);
    const beside = join(dirname(file), 'secrets.json');
    const secrets = secretsIn(await readFile(beside, 'utf8'));
    if (secrets === null) throw new Error(`${beside} is damaged`);
    const full = Object.entries(secrets).filter(([name]) => isFullName(name));
    return { cluster, secrets: Object.fromEntries(full) };
  } catch (error) {
    if (error instanceof KatoError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw refuse('BAD_FILE', `${file} is not the ledger of a core`, why);
  }
}

export interface Recovery {
  saved: SavedState;
  host: Host;
  facts: HostFacts;
  address: string;
  /** Of this machine, when it is the core already. */
  identity: NodeIdentity | null;
  /** What this machine last knew when it was a node. */
  known: View | null;
}

/**
 * The state with which this machine goes on as the core, whether it was the core itself or replaces
 * a lost one.
 */
export function recoveredDraft({ saved, host, facts, address, identity, known }: Recovery): Draft {
  const core = coreOf(saved.cluster, host.catalogue);
  if (core === undefined) throw refuse('BAD_FILE', 'the saved state has no core');
  if (identity !== null && identity.nodeId !== core.id) {
    throw refuse(
      'CONFLICT',
      `this machine is the node ${identity.name}`,
      `the core of the saved state is ${core.name}`,
      'run it on the core, or on a machine that is in no cluster',
    );
  }
  const recovery = recovered(saved.cluster, known?.document ?? null, {
    lineage: newLineage(),
    seenEpoch: known?.version.epoch ?? 0,
    at: new Date().toISOString(),
  });
  const own = identity ?? createIdentity();
  const serving = withNeeded(recovery.cluster.nodes[core.id]!, host.catalogue);
  const node: Node = {
    ...serving.node,
    key: own.key,
    address,
    hostname: facts.hostname,
    machineId: facts.machineId,
    version: host.kato.version,
    catalogue: [...host.catalogue.roles.keys()],
    pendingUntil: null,
  };
  const cluster = { ...recovery.cluster, nodes: { ...recovery.cluster.nodes, [node.id]: node } };
  const seed = saved.secrets[SECRETS.controller]!;
  return {
    cluster,
    secrets: secretsOfState(cluster, saved.secrets),
    controller: { seed, key: keyOfSeed(seed) },
    notes: [...notesOf(recovery, saved.cluster, node), ...servingNotes(node, serving.again)],
    identity: {
      format: 1,
      nodeId: node.id,
      name: node.name,
      key: own.key,
      seed: own.seed,
      clusterId: cluster.id,
      core: { address, port: busPort(cluster, host.catalogue) },
      ca: saved.secrets[SECRETS.busAuthority]!,
      machineId: facts.machineId,
      address,
    },
  };
}

/** What a person should know who trusts that what was taken away stays away. */
function notesOf({ again, knownUntil }: Recovered, saved: Cluster, core: Node): string[] {
  const nodes = again.nodes.filter((name) => name !== core.name);
  const since = `after revision ${saved.revision}`;
  const notes: string[] = [];
  if (knownUntil === null && Object.keys(saved.tokens).length > 0) {
    notes.push('earlier tokens no longer let anybody in: kato token create makes new ones');
  }
  if (nodes.length > 0) {
    notes.push(
      `what was removed ${since} is a node again: kato node list shows all, kato node remove NODE takes one out`,
    );
  }
  if (again.announcers.length > 0) {
    const names = again.announcers.join(', ');
    notes.push(`these may announce routes again, also if removed ${since}: ${names}`);
  }
  return notes;
}

/** A recovery ends what a person did, where no command could. */
function servingNotes({ name }: Node, again: readonly string[]): string[] {
  return again.map(
    (role) => `${name} runs the role ${role} again, which was stopped, held or removed`,
  );
}

/** Nodes that are alive have found the bus again by then. */
const OTHERS_MS = 10_000;
const ANSWER_MS = 500;

/**
 * The state in an epoch that every node accepts: the other nodes are asked what they have seen, for
 * they may know of recoveries that were made after this state was saved.
 */
export async function outranking(bus: Bus, draft: Draft): Promise<Cluster> {
  const { cluster, identity, controller } = draft;
  const others = Object.values(cluster.nodes)
    .filter(({ id, pendingUntil }) => id !== identity.nodeId && pendingUntil === null)
    .map(({ id }) => id);
  const seen = new Map<string, Pick<Version, 'lineage' | 'epoch'>>();
  await within(OTHERS_MS, async () => {
    const silent = others.filter((id) => !seen.has(id));
    const subjects = silent.map((id) => nodeAsk(id, 'status'));
    const answers = await bus.gather(subjects, null, { waitMs: ANSWER_MS });
    for (const [i, answer] of answers.entries()) {
      const report = 'ok' in answer ? reportOf(answer.ok) : null;
      if (report === null) continue;
      // One that no controller handed out is as good as none.
      const told = report.seen ?? report.version;
      seen.set(silent[i]!, isProven(told, controller.seed) ? told : cluster);
    }
    return seen.size === others.length;
  });
  return { ...cluster, epoch: epochAbove(cluster, [...seen.values()]) };
}
