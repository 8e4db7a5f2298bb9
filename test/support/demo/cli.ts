import { Lab } from '../lab/lab.ts';
import { BACKEND_PORTS, buildCluster } from './build.ts';
import { type Demo, findDemo, markDemo } from './mark.ts';
import { leftPackages } from './packages.ts';
import { type Screen, screen } from './screen.ts';

/** `scripts/demo [--down]`, once setup is done. */
const HOSTS = 5;
const KINDS: Record<Lab['kind'], string> = {
  root: 'each has its own network, disk and processes inside this machine',
  user: 'each has its own network, disk and processes inside this machine',
  plain: 'addresses of 127.78.0.0/16 and folders, because this machine refuses namespaces',
};

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`demo: ${error.message}`);
  return 1;
});

async function main(words: string[]): Promise<number> {
  if (words.length === 0) return up();
  if (words.join() === '--down') return down();
  console.error('demo: usage: scripts/demo [--down]');
  return 2;
}

async function up(): Promise<number> {
  const found = findDemo();
  if (found !== undefined && (await answers(found))) {
    console.log(`the demo is already up, in lab ${found.lab.number}; scripts/demo --down ends it`);
    await show(found.lab);
    return 0;
  }
  if (found !== undefined) {
    console.log('the demo is incomplete: building it again');
    await found.lab.down();
  }
  const lab = await Lab.up({ hosts: HOSTS, stays: true });
  markDemo(lab, 'begun');
  console.log(`five hosts, h1 to h${HOSTS}: ${KINDS[lab.kind]} (lab ${lab.number})\n`);
  await buildCluster(lab, screen(lab));
  markDemo(lab, 'complete');
  await show(lab);
  return 0;
}

async function answers({ lab, isComplete }: Demo): Promise<boolean> {
  return isComplete && (await lab.host(1).run(['kato', 'status'])).exitCode === 0;
}

async function show(lab: Lab): Promise<void> {
  const on = screen(lab);
  const balancer = lab.host(4).address;
  await on.h(1).run('kato status --all', { all: true });
  const request = `curl -s -H 'Host: shop.example.com' ${balancer}`;
  for (let count = 0; count < 2 * BACKEND_PORTS.length; count++) await on.h(5).run(request);
  tellHowToPlay(on, request, lab.number);
}

function tellHowToPlay({ say }: Screen, request: string, number: number): void {
  const lab = `scripts/lab --lab ${number}`;
  say(`
It stays up. To play with it:
  ${lab} on h1 kato status --watch
  ${lab} on h2                     a shell on h2; kato --help
  ${lab} power-off h2              a router dies: kato status, and requests still work
  ${lab} on h5 ${request}
  ${lab} power-on h2               and it is back
scripts/demo --down removes the hosts.`);
}

async function down(): Promise<number> {
  const found = findDemo();
  await found?.lab.down();
  console.log(found === undefined ? 'no demo is up' : 'the demo and its five hosts are gone');
  const packages = leftPackages();
  if (packages.length > 0) {
    console.log(`\nDebian packages that scripts/setup installed and that stay:
  ${packages.join(' ')}
To remove them as well: apt-get purge --autoremove ${packages.join(' ')}`);
  } else {
    console.log('scripts/setup installed no Debian packages');
  }
  return 0;
}
