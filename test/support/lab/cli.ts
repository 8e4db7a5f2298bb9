import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { labNumbers, loadLab, ownLabs } from './store.ts';

const HELP = `Hosts to try kato on, each with its own network, disk and processes; nothing they send leaves this machine.

  scripts/lab up N                  N hosts, h1 to hN, on one wire
  scripts/lab on HOST CMD...        runs a command there:  scripts/lab on h1 kato status
  scripts/lab power-off HOST...     cuts the power: /run is lost, the disk stays
  scripts/lab power-on HOST...      boots it again
  scripts/lab cut [--silent] HOST...  cuts the cable; --silent: the link still looks up
  scripts/lab heal HOST...
  scripts/lab freeze HOST [PROCESS]   stops all its processes, or those of this name or id
  scripts/lab thaw HOST [PROCESS]
  scripts/lab status                all labs and their hosts
  scripts/lab down [--all]          removes the lab, or all that this checkout made

By default it is the newest lab that this checkout made; --lab N before the command chooses another.
Users other than root need the package uidmap, or roles do not find their users on the hosts.
`;

/** What is done to the hosts that are named, one after the other. */
const ON_HOSTS: Record<string, (host: Host, silent: boolean) => Promise<void>> = {
  'power-off': (host) => host.powerOff(),
  'power-on': (host) => host.powerOn(),
  cut: (host, silent) => host.cut({ silent }),
  heal: (host) => host.heal(),
};

const KINDS = {
  root: 'namespaces',
  user: 'user namespaces',
  plain: 'plain: this machine refuses namespaces, so hosts share it and no cable can be cut',
};

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`lab: ${error.message}`);
  return 1;
});

async function main(words: string[]): Promise<number> {
  const chosen = words[0] === '--lab' ? Number(words.splice(0, 2)[1]) : undefined;
  const [command = '--help', ...rest] = words;
  if (command === 'up' && chosen !== undefined) throw new Error('up makes a lab of its own number');
  if (command === 'up') return up(rest[0]);
  if (command === 'on') return on(pick(chosen), rest);
  if (command === 'status') return status();
  if (command === 'down') return down(rest.includes('--all') ? ownLabs() : [pick(chosen).number]);
  if (command === 'freeze' || command === 'thaw') return still(pick(chosen), command, rest);
  if (command in ON_HOSTS) return onHosts(pick(chosen), command, rest);
  console.log(HELP);
  return command === '--help' ? 0 : 2;
}

async function up(count = ''): Promise<number> {
  if (!/^[1-9]\d?$/.test(count)) throw new Error('up needs a number of hosts, 1 to 99');
  const { number } = await Lab.up({ hosts: Number(count), stays: true });
  status();
  console.log(`lab ${number} is new: scripts/lab --lab ${number} on h1 kato --help`);
  return 0;
}

function on(lab: Lab, [name = '', ...argv]: string[]): Promise<number> {
  const entry = hostOf(lab, name).enter(argv.length === 0 ? ['bash', '-l'] : argv);
  const env = { ...entry.env, TERM: process.env.TERM ?? 'dumb' };
  const child = spawn(entry.argv[0]!, entry.argv.slice(1), { env, stdio: 'inherit', cwd: '/' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

async function onHosts(lab: Lab, command: string, words: string[]): Promise<number> {
  const names = words.filter((word) => word !== '--silent');
  if (names.length === 0) throw new Error(`${command} needs a host`);
  for (const name of names) {
    await ON_HOSTS[command]!(hostOf(lab, name), names.length < words.length);
  }
  return 0;
}

async function still(lab: Lab, command: 'freeze' | 'thaw', words: string[]): Promise<number> {
  const [name = '', which] = words;
  await hostOf(lab, name)[command](/^\d+$/.test(which ?? '') ? Number(which) : which);
  return 0;
}

function status(): number {
  const labs = labNumbers().filter((number) => loadLab(number) !== undefined);
  if (labs.length === 0) console.log('no labs; scripts/lab up 3 makes one');
  for (const lab of labs.map(Lab.open)) {
    console.log(`lab ${lab.number} (${KINDS[lab.kind]}), ${lab.folder}`);
    for (const host of lab.hosts) {
      console.log(`  ${host.name}  ${host.address}  ${host.isOn ? 'on' : 'off'}`);
    }
  }
  return 0;
}

async function down(numbers: number[]): Promise<number> {
  for (const number of numbers) {
    await Lab.open(number).down();
    console.log(`lab ${number} is gone`);
  }
  return 0;
}

function pick(chosen: number | undefined): Lab {
  const number = chosen ?? ownLabs().at(-1);
  if (number === undefined) {
    throw new Error('this checkout has no lab: scripts/lab up 3 makes one, --lab N takes another');
  }
  return Lab.open(number);
}

function hostOf(lab: Lab, name: string): Host {
  const host = lab.hosts.find((one) => one.name === name);
  if (host !== undefined) return host;
  throw new Error(`no host "${name}"; there are ${lab.hosts.map((one) => one.name).join(', ')}`);
}
