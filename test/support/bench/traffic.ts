import { Lab } from '../lab/lab.ts';
import { type FiveHosts, makeTrouble, openShop, startShopping } from '../traffic/story.ts';
import { atMost, type Part, row } from './row.ts';

/** What users notice while routers come, go and die, and nginx reloads. */
export const traffic: Part = async (tell) => {
  await using lab = await Lab.up({ hosts: 5 });
  const hosts = lab.hosts as unknown as FiveHosts;
  await openShop(hosts);
  tell('traffic: a router comes, one goes, one loses power, 100 reloads of two nginx');
  const load = await startShopping(hosts);
  await makeTrouble(hosts);
  const { requests, repeated, failures, medianMs, p999Ms, slowestMs } = await load.end();
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const note = `of ${requests}; ${repeated} were sent again by the client, as it may`;
  return [
    row('failed requests', failed, '', atMost(0), note, 0),
    row('slowest request', slowestMs, ' ms', atMost(2000, ' ms'), `median ${medianMs} ms`),
    row('slowest 0.1 %', p999Ms, ' ms', atMost(1000, ' ms')),
  ];
};
