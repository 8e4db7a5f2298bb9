import { setTimeout as pause } from 'node:timers/promises';
import { Lab } from '../lab/lab.ts';
import { fillLogs, openLoggingShop, startUse, type ThreeHosts } from '../traffic/full-logs.ts';
import { atMost, type Part, row } from './row.ts';

const MINUTES = 10;
const PER_SECOND = 25;

/** What users notice of disks of logs that are full. */
export const logs: Part = async (tell) => {
  await using lab = await Lab.up({ hosts: 3 });
  const hosts = lab.hosts as unknown as ThreeHosts;
  await openLoggingShop(hosts);
  tell(`logs: ${MINUTES} minutes with no room for them`);
  const use = await startUse(hosts, PER_SECOND);
  await fillLogs(hosts);
  await pause(MINUTES * 60_000);
  const answers = await use.end();
  return Object.entries(answers).map(([what, { asked, failed }]) =>
    row(`${what}: failed requests`, failed, '', atMost(0), `of ${asked} in ${MINUTES} minutes`, 0),
  );
};
