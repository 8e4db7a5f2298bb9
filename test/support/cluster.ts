import assert from 'node:assert/strict';
import type { ErrorRecord } from '../../src/domain/base/error-codes.ts';
import type { NodeStatus, Status } from '../../src/domain/telling/status.ts';
import type { Result, RunOptions } from './lab/command.ts';
import { transcript } from './lab/command.ts';
import type { Host } from './lab/host.ts';
import { assertFitsStatusSchema } from './status-schema.ts';
import { until } from './until.ts';

/** What the tests of the cluster do over and over, by `kato` alone. */
export const ENDPOINT = 'api.example.com';
const SETTLE_SECONDS = 30;

/** A command line as a person types it; resolves with whatever exit code. */
export function type(host: Host, line: string, options: RunOptions = {}): Promise<Result> {
  return host.run(['sh', '-c', line], options);
}

/** The same; it must succeed. Resolves with its stdout. */
export async function typed(host: Host, line: string, options: RunOptions = {}): Promise<string> {
  const result = await type(host, line, options);
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`on ${host.name}: ${line}: ${transcript(result)}`);
}

/** What `kato ARGS --json` prints. */
export async function asJson<Value>(host: Host, line: string): Promise<Value> {
  return JSON.parse(await typed(host, `${line} --json`)) as Value;
}

/** The error of a command that must fail, and its exit code. */
export async function refused(
  host: Host,
  line: string,
  options: RunOptions = {},
): Promise<ErrorRecord & { exitCode: number }> {
  const result = await type(host, `${line} --json`, options);
  assert.notEqual(result.exitCode, 0, `on ${host.name}: ${line}: ${transcript(result)}`);
  const { error } = JSON.parse(result.stdout) as { error: ErrorRecord };
  return { ...error, exitCode: result.exitCode };
}

export async function coreOn(host: Host, endpoint = ENDPOINT): Promise<void> {
  await typed(host, `kato node setup core ${endpoint}${ownAddress(host)}`);
}

export async function tokenFrom(core: Host, flags = ''): Promise<string> {
  return (await typed(core, `kato token create --quiet ${flags}`)).trim();
}

/** Attaches with a token of its own when none is given. `roles` as after -e; empty for none. */
export async function attach(host: Host, core: Host, roles = '', token?: string): Promise<void> {
  const flags = `${roles === '' ? '' : ` -e ${roles}`}${ownAddress(host)}`;
  const env = { KATO_TOKEN: token ?? (await tokenFrom(core)) };
  await typed(host, `kato node attach${flags} ${core.address}`, { env });
}

/** Hosts of a plain lab share one machine's addresses: each has to say which is its own. */
export function ownAddress({ address }: Host): string {
  return address.startsWith('127.') ? ` --address ${address}` : '';
}

/** A core on the first host, the others attached to it with the roles given, all at once. */
export async function clusterOf(core: Host, others: readonly [Host, string][]): Promise<void> {
  await coreOn(core);
  const token = await tokenFrom(core, `--uses ${Math.max(1, others.length)}`);
  await Promise.all(others.map(([host, roles]) => attach(host, core, roles, token)));
}

/** It fits its schema each time. */
export async function statusOf(host: Host): Promise<Status> {
  const status = await asJson<Status>(host, 'kato status --all');
  assertFitsStatusSchema(status);
  return status;
}

/** The node on a host, in the eyes of another (by default its own). */
export async function nodeOn(host: Host, seenFrom = host): Promise<NodeStatus> {
  const { nodes } = await statusOf(seenFrom);
  const found = nodes.find((node) => node.address === host.address);
  assert.ok(found, `${host.name} is no node, seen from ${seenFrom.name}`);
  return found;
}

/** Waits until the status that a host shows is as wanted, and resolves with it. */
export async function statusWhen(
  host: Host,
  what: string,
  wanted: (status: Status) => boolean,
  seconds = SETTLE_SECONDS,
): Promise<Status> {
  let last: Status | undefined;
  try {
    return await until(
      async () => {
        last = await statusOf(host);
        return wanted(last) ? last : undefined;
      },
      { what, seconds },
    );
  } catch (error) {
    throw new Error(`${what}: ${JSON.stringify(last, null, 1)}`, { cause: error });
  }
}

/** All nodes are active, answer, and run all that they should. */
export function settled(host: Host, seconds = SETTLE_SECONDS): Promise<Status> {
  return statusWhen(host, 'the cluster has settled', isSettled, seconds);
}

export function isSettled({ nodes }: Status): boolean {
  return nodes.every(
    (node) =>
      node.state === 'active' &&
      // Else it is what a node said last, which may have lost power since.
      node.lastSeen === 0 &&
      node.appliedRevision > 0 &&
      node.error === undefined &&
      node.roles.every(({ state, stoppedBy }) => state === 'running' || stoppedBy !== undefined),
  );
}

/** Role names of a node, sorted. */
export function rolesOf(node: NodeStatus): string[] {
  return node.roles.map((role) => role.name).sort();
}

/** Seconds until a silent node is dead, in a cluster whose nodes give signs of life that often. */
export async function hastenDeath(core: Host): Promise<void> {
  const set = (key: string, seconds: number) =>
    core.kato('config', 'set', '--no-wait', 'cluster', `heartbeat.${key}`, String(seconds));
  await set('interval', 0.5);
  await set('considerInactive', 1.5);
  await set('considerDead', 3);
}

/** What a machine that is in no cluster runs and knows of kato: nothing. */
export async function assertClean(host: Host): Promise<void> {
  const running = host.processes().map(({ argv }) => argv.join(' '));
  const ours = running.filter((line) =>
    /bin\/kato|kato\.js|cli\/main\.ts|nats-server|nginx/.test(line),
  );
  assert.deepEqual(ours, [], `${host.name} runs something`);
  const { stdout } = await type(host, 'ls /var/lib/kato/state 2>/dev/null');
  assert.doesNotMatch(stdout, /identity|ledger/, `${host.name} takes itself for a node`);
}
