import { clusterOf, hastenDeath, tokenFrom, typed } from '../support/cluster.ts';
import { cloneOf, otherAddress } from '../support/identities.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf } from '../support/said/rows.ts';

const ATTACH = 'KATO_TOKEN=$TOKEN kato node attach';
const REJOIN = `h2: until ${ATTACH} -e redis $H1; do :; done`;
const FORGET = 'h3: kato node detach && rm -rf /var/lib/kato';
const readdress = (host: string, from: string, to: string): string =>
  `${host}: ip address del ${from}/24 dev eth0 && ip address add ${to}/24 dev eth0 && ip route add default via $GATE dev eth0`;

const COPIED =
  'domain/nodes/displaced.ts: kato node attach there makes it a node of its own; kato node migrate ${known} ${now} on the core makes it ${name}';

/** Of a copy that boots while the node is off. */
const WHILE_OFF: Row[] = [
  {
    hint: COPIED,
    wrong: 'h3: kato role add memcached',
    by: ({ commands: [attach] }) => `KATO_TOKEN=$TOKEN ${attach} --yes -e memcached $H1`,
    shows: /h3 is attached/,
    undo: 'h3: kato node detach; rm -rf /var/lib/kato',
  },
  {
    hint: COPIED,
    wrong: 'h3: kato stop redis',
    by: ({ commands: [, migrate] }) => `h1: ${migrate}`,
    shows: /h2 is at/,
    undo: ['h3: kato process ready all --block 30 && kato node detach', REJOIN],
  },
];

const OWN = 'domain/nodes/displaced.ts: kato node attach there makes it a node of its own';
const MIGRATE =
  'domain/nodes/migrate.ts: kato node attach there makes the copy a node of its own; --force makes it this one';
const KNOWN = 'h1: until kato status | grep -q "a copy of h2 runs at $H3"; do :; done';
/** Of a copy that boots beside the node itself. */
const WHILE_THERE: Row[] = [
  {
    hint: OWN,
    given: KNOWN,
    wrong: 'h3: kato role add memcached',
    by: ({ commands: [attach] }) => `KATO_TOKEN=$TOKEN ${attach} --yes -e memcached $H1`,
    shows: /h3 is attached/,
    undo: FORGET,
  },
  {
    hint: MIGRATE,
    given: KNOWN,
    wrong: 'kato node migrate $H2 $H3',
    by: ({ commands: [attach] }) => `h3: KATO_TOKEN=$TOKEN ${attach} --yes -e memcached $H1`,
    shows: /h3 is attached/,
    undo: FORGET,
  },
  {
    hint: 'domain/nodes/displaced.ts: give it an address of its own; then kato node attach there makes it a node of its own',
    given: [
      'h4: kato node halt',
      'h1: kato node migrate --force $H4 $H3',
      'h3: until kato role add memcached 2>&1 | grep -q "an address of its own"; do :; done',
    ],
    wrong: 'h3: kato role add memcached',
    by: ({ commands: [attach] }) => [
      readdress('h3', '$H3', '$FREE'),
      `h3: until KATO_TOKEN=$TOKEN ${attach} --yes -e memcached $H1; do :; done`,
    ],
    shows: /h3 is attached/,
    undo: [
      FORGET,
      readdress('h3', '$FREE', '$H3'),
      'h1: kato node migrate --force $H3 $H4',
      'h4: kato node boot && until kato process ready all --block 30; do :; done',
    ],
  },
  {
    hint: MIGRATE,
    given: KNOWN,
    wrong: 'kato node migrate $H2 $H3',
    by: ({ text }) => `h1: kato node migrate ${text.match(/--\w+/)} $H2 $H3`,
    shows: /h2 is at/,
    undo: [
      'h3: until kato process ready all --block 30; do :; done; kato node detach && rm -rf /var/lib/kato',
      'h2: while test -e /var/lib/kato/state/identity.json; do :; done',
      REJOIN,
    ],
  },
];

const STAYS =
  'operations/local/carried.ts: unless another machine is ${name} now, it stays ${name} by kato node migrate ${old} ${address} on the core, or when it has ${old} again; with --yes it is attached as a new node: what it has goes to /var/lib/kato/aside';
/** Of the node itself, at another address. */
const MOVED: Row[] = [
  {
    hint: STAYS,
    given: [
      readdress('h2', '$H2', '$FREE'),
      'h1: until kato status | grep -q "h2 is at $FREE now"; do :; done',
    ],
    wrong: `h2: ${ATTACH} -e redis $H1`,
    by: ({ commands: [migrate] }) => `h1: ${migrate}`,
    shows: /h2 is at/,
  },
  {
    hint: STAYS,
    given: [
      readdress('h2', '$FREE', '$H2'),
      'h1: until kato status | grep -q "h2 is at $H2 now"; do :; done',
    ],
    wrong: `h2: ${ATTACH} -e redis $H1`,
    by: () => [
      readdress('h2', '$H2', '$FREE'),
      'h2: until kato process ready all --block 30; do :; done',
    ],
    done: 'h1: until kato status | grep -q "h2 .*active"; do :; done; kato status | grep "h2 .*active"',
  },
];

describe('a hint on a copy of a node, followed where it is printed', function () {
  this.timeout(120_000);
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};
  const followed = (row: Row) => follow(row, { hosts: lab.hosts, env });

  before('a core with two nodes, and a machine in no cluster', async () => {
    const [core, node, copy, other] = lab.hosts;
    for (const { name, address } of lab.hosts) env[name.toUpperCase()] = address;
    await clusterOf(core!, [
      [node!, 'redis'],
      [other!, 'memcached'],
    ]);
    env.TOKEN = await tokenFrom(core!, '--uses 100');
    env.FREE = otherAddress(copy!);
    env.GATE = node!.address.replace(/\d+$/, '254');
    await hastenDeath(core!);
  });

  const clone = async () => {
    const [core, node, copy] = lab.hosts;
    await typed(core!, 'until kato status | grep -q "h2 .*active"; do :; done');
    await cloneOf(node!, copy!, { sameMachineId: false });
  };

  describe('that is off', () => {
    beforeEach('the node is off, its copy boots', async () => {
      const [, node, copy] = lab.hosts;
      await clone();
      await typed(node!, 'kato node halt');
      await typed(copy!, 'kato node boot');
    });
    afterEach('the node is back', () => typed(lab.hosts[1]!, 'kato node boot'));
    for (const row of WHILE_OFF) it(titleOf(row), () => followed(row));
  });

  describe('that is there', () => {
    beforeEach('its copy boots', async () => {
      await clone();
      await typed(lab.hosts[2]!, 'kato node boot');
    });
    for (const row of WHILE_THERE) it(titleOf(row), () => followed(row));
  });

  describe('or on a node that has moved', () => {
    for (const row of MOVED) it(titleOf(row), () => followed(row));
  });
});
