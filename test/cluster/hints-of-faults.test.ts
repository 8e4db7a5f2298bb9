import { hastenDeath, typed } from '../support/cluster.ts';
import { otherAddress } from '../support/identities.ts';
import { interrupted } from '../support/interrupted.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf, twoClusters } from '../support/said/rows.ts';

const ATTACH = 'KATO_TOKEN=$TOKEN kato node attach';
const LEDGER = '/var/lib/kato/state/ledger.json';
const SUPERVISION = '/var/lib/kato/service';

/** A machine on which something is missing or broken. */
const BROKEN: Row[] = [
  {
    hint: 'machine/network/interfaces.ts: give it: --address IP',
    given:
      'h3: ip route show default >/root/route && ip route del default && ip address add 10.99.0.1/24 dev eth0',
    wrong: `h3: ${ATTACH} $H1`,
    by: ({ text }) => `${ATTACH} ${text.replace(/.*(--.*) IP/, '$1')} $H3 $H1`,
    shows: /h3 is attached/,
    undo: 'h3: kato node detach; ip address del 10.99.0.1/24 dev eth0 && ip route add $(cat /root/route)',
  },
  {
    hint: 'operations/local/put-on-bus.ts: kato status shows what fails',
    given: 'h3: mount --bind /bin/false $(realpath $(which nats-server))',
    wrong: 'h3: kato node setup core api.example.net',
    by: ({ commands: [status] }) => [
      `h3: until ${status} | grep 'nats-server failed'; do :; done`,
      'umount $(realpath $(which nats-server))',
      'kato node setup core api.example.net && kato node detach --yes',
    ],
    shows: /write-config nats-server failed[\s\S]*h3 is the core/,
  },
  {
    hint: 'machine/s6/supervision.ts: see ${paths.log}/supervision/current, and check that the package s6 is installed',
    given: 'h2: kato node halt && mount --bind /bin/false $(realpath $(which s6-svscan))',
    wrong: 'h2: kato node boot',
    by: ({ values: [log] }) => [
      `h2: test -e ${log}/supervision/current && dpkg -s s6`,
      'umount $(realpath $(which s6-svscan))',
    ],
  },
  {
    hint: 'operations/local/boot.ts: see ${paths.log}/${AGENT}/current',
    given: [
      `h2: kato process ready all --block 30; s6-svc -wD -d ${SUPERVISION}/agent`,
      `h2: rm -f /run/kato/agent.sock && mkdir -p /run/kato/agent.sock/in-the-way`,
      `h2: s6-svc -u ${SUPERVISION}/agent; until grep agent.sock /var/log/kato/agent/current; do :; done`,
    ],
    wrong: 'h2: kato node boot',
    by: ({ values }) => [
      `h2: grep agent.sock ${values.join('/')}/current`,
      'rm -r /run/kato/agent.sock',
    ],
  },
  {
    hint: 'machine/s6/service.ts: kato node boot',
    given: 'h2: pkill -KILL -x s6-svscan; pkill -KILL -x s6-supervise; true',
    wrong: 'kato restart -n h2 redis',
    by: ({ commands }) => [`h2: ${commands} && kato process ready all --block 60`],
    shows: /READY/,
  },
  {
    hint: 'machine/node/ledger.ts: kato node halt, then kato node boot: the agent fetches it again',
    given: `h2: sed -i '0,/1/s/1/3/' ${LEDGER}`,
    wrong: 'h2: kato node setup core',
    by: ({ commands: [halt, boot] }) => [
      `h2: ${halt} && ${boot} && kato process ready all --block 30`,
    ],
    shows: /READY/,
  },
  {
    hint: 'agent/leaving/farewell.ts: when that is done, kato node attach ${core.address} with a token makes it a node again',
    given: [
      `h2: printf '#!/bin/sh\\ntrap "" TERM\\nwhile :; do sleep 1; done\\n' >/root/stubborn && chmod +x /root/stubborn && mount --bind /root/stubborn /usr/bin/redis-server`,
      'h2: pkill -x redis-server',
      'h2: until ps -C redis-server -o args | grep -q /bin/sh; do :; done',
      'kato node remove --skip-detach h2',
      'h2: until kato route list 2>&1 | grep -q "are being stopped"; do :; done',
    ],
    wrong: 'h2: kato route list',
    by: ({ commands: [attach] }) => [
      'h2: until kato route list 2>&1 | grep -q "makes it one again"; do :; done',
      `umount /usr/bin/redis-server && KATO_TOKEN=$TOKEN ${attach} -e redis`,
    ],
    shows: /h2 is attached/,
  },
];

const MOVE = (from: string, to: string): string =>
  `h2: kato node halt && ip address del ${from}/24 dev eth0 && ip address add ${to}/24 dev eth0 && ip route add default via $GATE dev eth0`;
/** Its agent begins anew where it finds itself elsewhere, and is away for a moment then. */
const BACK = 'h2: kato node boot && until kato process ready all --block 30; do :; done';
const ISTOLD = 'until kato status | grep -q "h2 is at $MOVED now"; do :; done';

/** Of a node that is elsewhere, or away. */
const ELSEWHERE: Row[] = [
  {
    hint: 'domain/nodes/migrate.ts: kato node boot on the machine starts it; --force skips this check',
    given: MOVE('$H2', '$MOVED'),
    wrong: 'kato node migrate $H2 $MOVED',
    by: ({ commands: [boot] }) => [`h2: ${boot}`, `h1: ${ISTOLD}`],
  },
  {
    hint: 'domain/nodes/migrate.ts: kato node boot on the machine starts it; --force skips this check',
    given: MOVE('$MOVED', '$H2'),
    wrong: 'kato node migrate $MOVED $H2',
    by: () => 'kato node migrate --force $MOVED $H2',
    shows: /h2 is at/,
    undo: BACK,
  },
  {
    hint: 'cli/commands/node/migrate.ts: check its agent at ${address}: kato status there',
    given: [
      MOVE('$H2', '$MOVED'),
      'h2: kato node boot && kato status',
      ISTOLD,
      `h2: s6-svc -p ${SUPERVISION}/agent`,
    ],
    wrong: 'kato node migrate --timeout 2 $H2 $MOVED',
    by: ({ commands: [status] }) => [
      `h2: ${status} 2>&1 || kato node boot`,
      'h1: kato process ready -n h2 all --block 30',
    ],
    shows: /READY/,
    undo: [
      'h2: kato node halt',
      'kato node migrate --force $MOVED $H2',
      MOVE('$MOVED', '$H2'),
      BACK,
    ],
  },
];

/** A core that is lost, from what was saved of it. */
const LOSE = 'h1: kato node halt && rm -rf /var/lib/kato';
const PASS = '--passphrase-file /root/pass';
const LOST: Row[] = [
  {
    hint: 'cli/commands/data/export.ts: store it and its passphrase away from the core; kato node setup core --recover-from reads it',
    says: `kato data export --cluster ${PASS} /root/cluster.kato`,
    by: ({ commands: [recover] }) => [LOSE, `${recover} /root/cluster.kato ${PASS}`],
    shows: /h1 is the core/,
  },
  {
    hint: 'operations/local/recover.ts: run it on the core, or on a machine that is in no cluster',
    given: [
      'SAVED=h1: base64 -w 0 /root/cluster.kato',
      'h2: echo $SAVED | base64 -d >/root/cluster.kato; echo a long passphrase >/root/pass',
    ],
    wrong: `h2: kato node setup core --recover-from /root/cluster.kato ${PASS}`,
    by: () => [LOSE, `h1: kato node setup core --recover-from /root/cluster.kato ${PASS}`],
    shows: /h1 is the core/,
  },
  {
    hint: 'domain/nodes/migrate.ts: give its machine ${node.address} again; a new machine with that address goes on from an export: kato node setup core --recover-from FILE',
    wrong: 'kato node migrate $H1 $MOVED',
    by: ({ commands: [recover] }) => [LOSE, `${recover} ${PASS}`],
    words: { FILE: '/root/cluster.kato' },
    shows: /h1 is the core/,
  },
  {
    hint: "cli/commands/data/keep.ts: if the core is lost: kato node setup core --recover-from that file, on a machine with the core's address",
    says: `kato data keep h2 ${PASS}`,
    by: ({ commands: [recover] }) => [
      'h2: until test -e /var/lib/kato/export/cluster.kato; do :; done',
      'KEPT=h2: base64 -w 0 /var/lib/kato/export/cluster.kato',
      LOSE,
      'echo $KEPT | base64 -d >/root/kept',
      `${recover} /root/kept ${PASS}`,
    ],
    shows: /h1 is the core/,
  },
  {
    hint: 'domain/roles/process-switch.ts: kato process ready -n ${node.name} all --block 30',
    given: [
      `kato data export --cluster ${PASS} /root/newer.kato`,
      'h2: kato node halt',
      LOSE,
      `h1: kato node setup core --recover-from /root/newer.kato ${PASS}`,
    ],
    wrong: 'kato process stop -n h2 redis',
    by: ({ commands: [ready] }) => ['h2: kato node boot', `h1: ${ready}`],
    shows: /READY/,
    undo: 'kato process stop -n h2 redis && kato process start -n h2 redis',
  },
];

describe('a hint on what is broken, elsewhere or lost, followed where it is printed', function () {
  this.timeout(120_000);
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};
  const followed = (row: Row) => follow(row, { hosts: lab.hosts, env });

  before('a core with a node, another core, and a machine in no cluster', async () => {
    const [core, node] = lab.hosts;
    await twoClusters(lab.hosts, env);
    env.MOVED = otherAddress(node!);
    env.GATE = node!.address.replace(/\d+$/, '254');
    await typed(core!, 'echo a long passphrase >/root/pass');
    await hastenDeath(core!);
  });

  for (const row of [...BROKEN, ...ELSEWHERE]) it(titleOf(row), () => followed(row));

  it('no tokens; make one with kato token create  (a core whose setup was interrupted)', async () => {
    const [, , , other] = lab.hosts;
    await typed(other!, 'kato node detach --yes');
    const argv = ['kato', 'node', 'setup', 'core', 'api.example.org'];
    await interrupted(other!, 'settle', 'SIGTERM', { argv });
    await typed(other!, argv.join(' '));
    await followed({
      hint: 'cli/render/token.ts: no tokens; make one with kato token create',
      says: 'h4: kato token list',
      by: ({ commands: [create] }) => [create!, 'kato token list'],
      shows: /^token [\s\S]*usable/,
    });
  });

  describe('on a core that is lost', () => {
    for (const row of LOST) it(titleOf(row), () => followed(row));
  });
});
