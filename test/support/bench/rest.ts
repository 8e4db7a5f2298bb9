import { clusterOf, settled } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { pidOf } from '../running.ts';
import { atMost, type Part, row } from './row.ts';
import { usageOf } from './usage.ts';

const SECONDS = 30;

/** What kato costs on machines that nobody touches. */
export const rest: Part = async (tell) => {
  await using lab = await Lab.up({ hosts: 3 });
  const [core, router, plain] = lab.hosts as [Host, Host, Host];
  await clusterOf(core, [
    [router, 'router'],
    [plain, ''],
  ]);
  await settled(core);
  tell(`rest: ${SECONDS} s of nothing`);
  const measured = [
    ['agent of a plain node', plain, 'agent'],
    ['agent of a router', router, 'agent'],
    ['agent of the core', core, 'agent'],
    ['controller of 3 nodes', core, 'controller'],
  ] as const;
  const pids = await Promise.all(
    measured.map(async ([, host, process]) => seenFromHere(host, await pidOf(host, process))),
  );
  const usages = await usageOf(pids, SECONDS);
  return measured.flatMap(([what, , process], i) => {
    const { megabytes, ownMegabytes, cpuPercent } = usages[i]!;
    const isAgent = process === 'agent';
    const note = `${ownMegabytes.toFixed(0)} MB of it its own, the rest is Node's program, shared by all`;
    return [
      row(`${what}: memory`, megabytes, ' MB', isAgent ? atMost(70, ' MB') : null, note),
      row(`${what}: CPU`, cpuPercent, ' %', isAgent ? atMost(0.3, ' %') : null, '', 1),
    ];
  });
};

function seenFromHere(host: Host, pid: number): number {
  return host.processes().find((one) => one.pid === pid)!.outerPid;
}
