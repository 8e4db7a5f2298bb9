import * as v from 'valibot';
import { own } from '../../domain/base/own.ts';
import { amount, whole, word } from '../../domain/base/shapes.ts';
import type { Node } from '../../domain/document/cluster.ts';
import type { Report } from '../../domain/making/step.ts';
import { isGone } from '../../domain/nodes/verdicts.ts';
import { processNames, rolesOf } from '../../domain/roles/roles.ts';
import { nodeState } from '../../domain/telling/status-of.ts';
import { staying } from '../../domain/traffic/pools.ts';
import { type Knowledge, read } from '../operation.ts';
import { hasReached, isWaitedFor } from './progress.ts';

/** A long poll ends after this and is asked again. */
const POLL_MS_MAX = 5000;

/** Who may still send requests to what is about to stop. */
export interface Released {
  /** Names of nodes that live, as far as is known, and have not followed yet. */
  waitsFor: string[];
}

/** Answers once nobody is waited for, at the next news of nodes, or after `waitMs`. */
export const released = read(
  'released',
  'anyone',
  v.strictObject({
    /** What is about to stop on the node that asks; null for all of the node. */
    process: v.nullable(word),
    /** At which it was given up; null where no document says so, but the node itself did. */
    revision: v.nullable(whole(0)),
    waitMs: amount(0, POLL_MS_MAX),
  }),
  async (known, { process, revision, waitMs }, by): Promise<Released> => {
    const waitsFor = (): string[] => {
      // Until its goodbye was heard nobody is told of it.
      if (revision === null && known.verdicts.silent[by.id]?.state !== 'left') return [by.name];
      return notFollowed(known, poolsLeft(known, process, by, revision), revision, by.id);
    };
    const first = waitsFor();
    if (first.length === 0) return { waitsFor: first };
    await known.nextNews(waitMs);
    return { waitsFor: waitsFor() };
  },
);

/** Of a node that was removed: it is in nobody's view any more. */
export function waitsForRemoved(known: Knowledge): string[] {
  const pools = [...known.catalogue.roles.values()].flatMap(({ serves }) => serves?.pool ?? []);
  return notFollowed(known, pools, null, '');
}

/**
 * Those that are to do without it. Where nobody else serves, requests have nowhere else to go, and where it is
 * a member still nobody was told to send it nothing: there is nothing to wait for.
 */
function poolsLeft(
  { cluster, catalogue, verdicts }: Knowledge,
  process: string | null,
  node: Node,
  revision: number | null,
): string[] {
  const isLeft = (role: string): boolean => {
    const members = staying(cluster, catalogue, role, verdicts);
    const isMember = members.some(({ id }) => id === node.id);
    // A controller may not have heard yet of the change that it is about.
    if (isMember && cluster.revision >= (revision ?? 0)) return false;
    return members.some(({ id }) => id !== node.id && !isGone(verdicts, id));
  };
  const roles = [...catalogue.roles.values()].filter(({ name }) =>
    process === null
      ? node.roles[name] !== undefined
      : processNames(catalogue, name).includes(process),
  );
  return roles.flatMap(({ name, serves }) =>
    serves !== null && isLeft(name) ? [serves.pool] : [],
  );
}

/** A node that halts waits for nobody else's word about itself. */
function notFollowed(
  known: Knowledge,
  pools: readonly string[],
  revision: number | null,
  halting: string,
): string[] {
  const { cluster, verdicts } = known;
  return Object.values(cluster.nodes)
    .filter((node) => revision !== null || node.id !== halting)
    .filter((node) => isWaitedFor(nodeState(verdicts, node)))
    .filter((node) => {
      const senders = sendersTo(known, pools, node);
      return senders.length > 0 && !hasFollowed(known, node, senders, revision);
    })
    .map(({ name }) => name);
}

/** Processes of a node that send requests to these pools. */
function sendersTo({ catalogue }: Knowledge, pools: readonly string[], node: Node): string[] {
  return rolesOf(catalogue, node)
    .filter(({ name }) => node.roles[name]!.stopped === null)
    .filter(({ sees }) => pools.some((pool) => sees.includes(`pools/${pool}`)))
    .flatMap(({ name }) => processNames(catalogue, name));
}

function hasFollowed(
  known: Knowledge,
  { id }: Node,
  senders: readonly string[],
  revision: number | null,
): boolean {
  const report = known.reports.get(id);
  if (report === undefined) return false;
  // An agent of 0.1.0 does not tell.
  if (report.content === undefined) return true;
  const isThere =
    revision === null
      ? known.contents.isDone(id, report.content)
      : hasReached(known, report, revision);
  return isThere && senders.every((process) => isDone(report, process, revision));
}

/** One that does not run sends nothing; one that could not take a new config goes on as before. */
function isDone(report: Report, process: string, revision: number | null): boolean {
  const { state } = own(report.processes, process) ?? { state: 'STOPPED' };
  if (state === 'STOPPED') return true;
  if (report.failures.some((failure) => failure.process === process)) return false;
  if (report.busy === undefined) return report.complete;
  const since = report.busy[process];
  return since === undefined || (revision !== null && since < revision);
}
