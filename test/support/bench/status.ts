import { clusterOf, settled, statusWhen } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { CHECKOUT } from '../lab/store.ts';
import { needPackages } from './packages.ts';
import { atLeast, atMost, type Goal, type Part, type Row, row } from './row.ts';
import { median, type Samples, sorted, spread, type Timed, timeOn } from './samples.ts';
import { startSsh } from './ssh.ts';

const HOSTS = 5;
const RUNS = 15;
const PEER_RUNS = 3;
const VANISHINGS = 3;
const NODE: Timed = { argv: [`${CHECKOUT}/runtime/bin/node`, '-e', '0'] };
const STATUS: Timed = { argv: ['kato', 'status', '--all'] };

/** The same question, asked of the same hosts by those who go there by ssh. */
const PEERS: Record<string, string[]> = {
  'ansible -m ping': ['ansible', 'all', '-i', '/root/hosts', '-m', 'ping'],
  clush: ['clush', '-w', '@hosts', 'uptime'],
};

/** The state of the whole cluster, with all hosts alive and with one dead. */
export const status: Part = async (tell) => {
  needPackages(['openssh-server', 'openssh-client', 'ansible-core', 'clustershell'], tell);
  tell(`status: a cluster on ${HOSTS} hosts, and sshd on each`);
  await using lab = await Lab.up({ hosts: HOSTS });
  const [core, ...others] = lab.hosts as [Host, ...Host[]];
  await clusterOf(
    core,
    others.map((host) => [host, 'router']),
  );
  await settled(core);
  await startSsh(lab);
  const addresses = lab.hosts.map((host) => host.address);
  await core.write('/root/hosts', `${addresses.join('\n')}\n`);
  const peers = Object.values(PEERS).map((argv) => ({
    argv: argv.map((word) => (word === '@hosts' ? addresses.join(',') : word)),
  }));

  tell('status: all alive');
  const [node, alive] = (await timeOn(core, { runs: RUNS, commands: [NODE, STATUS] })) as Pair;
  const peersAlive = await timeOn(core, { runs: PEER_RUNS, commands: peers });

  tell('status: one vanishes');
  const last = others.at(-1)!;
  const unknown: number[] = [];
  for (let time = 0; time < VANISHINGS; time++) {
    await last.cut({ silent: true });
    unknown.push((await timeOn(core, { runs: 1, commands: [STATUS] }))[0]![0]!);
    await last.heal();
    await settled(core);
  }
  const justNow = sorted(unknown);
  await last.powerOff();
  await statusWhen(core, 'it is known dead', ({ nodes }) =>
    nodes.some(({ state }) => state === 'dead'),
  );
  const [dead] = await timeOn(core, { runs: RUNS, commands: [STATUS] });
  // Unreachable is what they are to find out: exit codes of their own.
  const lines = peers.map(({ argv }) => ({ argv: ['sh', '-c', '"$@" || true', 'sh', ...argv] }));
  const peersDead = await timeOn(core, { runs: 1, commands: lines });

  const base = median(alive);
  return [
    row(`\`kato status --all\`, ${HOSTS} hosts`, base, ' ms', null, spread(alive)),
    row('the same / `node -e 0`', base / median(node), '', atMost(3.5), spread(node)),
    ...against(base, peersAlive, [atLeast(30), atLeast(6)], 'all alive'),
    row(
      'one host known dead',
      median(dead!) - base,
      ' ms more',
      atMost(50, ' ms more'),
      spread(dead!),
    ),
    row(
      'one host cut off, not yet known',
      median(justNow) - base,
      ' ms more',
      atMost(300, ' ms more'),
      spread(justNow),
    ),
    ...against(median(dead!), peersDead, [null, null], 'one dead'),
  ];
};

type Pair = [Samples, Samples];

function against(ms: number, peers: Samples[], goals: (Goal | null)[], when: string): Row[] {
  return Object.keys(PEERS).map((name, i) => {
    const factor = median(peers[i]!) / ms;
    return row(
      `\`${name}\` / \`kato status --all\`, ${when}`,
      factor,
      '',
      goals[i]!,
      spread(peers[i]!),
      1,
    );
  });
}
