import { randomInt } from 'node:crypto';
import { runSeeds } from './seeds.ts';

/** `scripts/simulate COUNT [FIRST]` */
const USAGE = 'simulate: scripts/simulate COUNT [FIRST]: so many seeds, by chance or from FIRST on';
const SEED_MAX = 2 ** 31;

process.exitCode = await main(process.argv.slice(2));

async function main([count = '', first = `${randomInt(SEED_MAX)}`]: string[]): Promise<number> {
  if (!/^[1-9]\d*$/.test(count) || !/^\d+$/.test(first)) {
    console.error(USAGE);
    return 2;
  }
  const seeds = Array.from({ length: Number(count) }, (_, i) => Number(first) + i);
  console.log(`simulate: ${count} seeds from ${first} on`);
  const broken = await runSeeds(seeds, (done) => {
    if (done % 1000 === 0) console.log(`simulate: ${done} are done`);
  });
  if (broken === null) {
    console.log('simulate: all rules held');
    return 0;
  }
  console.error(broken);
  return 1;
}
