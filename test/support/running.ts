import assert from 'node:assert/strict';
import { type } from './cluster.ts';
import type { Host } from './lab/host.ts';

/** Asked of the supervision itself, so that it is true whatever kato says, or if it is away. */
const LIST = `cd /var/lib/kato/service && for name in *; do
  echo "$name $(s6-svstat -o pid,updownsince "$name" 2>&1)"
done`;

/** Each process of these hosts, agents too: `h2 redis` to its id and since when it is up or down. */
export async function runningOn(hosts: readonly Host[]): Promise<Record<string, string>> {
  const lists = await Promise.all(
    hosts.map(async (host) => {
      const { stdout } = await type(host, LIST);
      const lines = stdout.split('\n').filter(Boolean);
      return lines.map((line) => {
        const [process = '', ...life] = line.split(' ');
        return [`${host.name} ${process}`, life.join(' ')] as const;
      });
    }),
  );
  return Object.fromEntries(lists.flat());
}

/** What came, went or is not the same process any more. */
export function restarted(before: Record<string, string>, after: Record<string, string>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

/** The id of a process, as its host sees it. */
export async function pidOf(host: Host, process: string): Promise<number> {
  const { stdout } = await type(host, `s6-svstat -o pid /var/lib/kato/service/${process}`);
  return Number(stdout);
}

export async function kill(host: Host, process: string, signal = 'KILL'): Promise<void> {
  const pid = await pidOf(host, process);
  // Of one that is down s6 says -1, and to `kill` that is all there are.
  assert.ok(pid > 1, `${process} does not run on ${host.name}`);
  await host.run(['kill', `-${signal}`, String(pid)]);
}
