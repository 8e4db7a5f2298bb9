import { typed } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf, twoClusters } from '../support/said/rows.ts';

const ATTACH = 'KATO_TOKEN=$TOKEN kato node attach';
const LEAVE = 'h3: kato node detach';

/** How a command is called, and what it needs. */
const OF_WORDS: Row[] = [
  {
    hint: 'cli/commands/role/info.ts: kato info -n NODE shows the roles of a node',
    wrong: 'kato role info -n h2',
    words: { NODE: 'h2' },
    shows: /roles +base redis/,
  },
  {
    hint: 'domain/roles/role-switch.ts: kato status shows which node has it',
    wrong: 'kato stop -n h2 primary',
    shows: /h1 .*primary/,
  },
  {
    hint: 'operations/secrets.ts: kato role info --secret ${role.name} -n ${having.name}',
    wrong: 'kato role info --secret redis',
    shows: /./,
  },
  {
    hint: 'cli/commands/role/info.ts: kato role info --secret redis -n NODE',
    wrong: 'kato role info --secret',
    words: { NODE: 'h2' },
    shows: /^\w{32}$/m,
  },
  {
    hint: 'cli/commands/role/remove.ts: kato role remove --purge-data ROLE...',
    given: 'kato role add memcached',
    wrong: 'kato role remove --all --purge-data',
    by: ({ text }) => `${text.replace('ROLE...', 'memcached')} --yes`,
    shows: /no longer has memcached/,
  },
  {
    hint: 'cli/commands/role/remove.ts: add --yes to delete it without asking',
    given: 'kato role add memcached',
    wrong: 'kato role remove --purge-data memcached',
    by: () => 'kato role remove --purge-data memcached --yes',
    shows: /no longer has memcached/,
  },
  { hint: 'cli/framework/dispatch.ts: kato --help', wrong: 'kato --nope', shows: /TOPICS/ },
  {
    hint: 'cli/framework/dispatch.ts: ${place} --help',
    wrong: 'kato node nope',
    by: ({ text }) => text,
    shows: /kato node COMMAND/,
  },
  {
    hint: 'cli/framework/usage-error.ts: ${command} --help',
    wrong: 'kato status --nope',
    by: ({ text }) => text,
    shows: /kato status/,
  },
  { hint: 'cli/input/selection.ts: kato role add --help', wrong: 'kato role add', shows: /--only/ },
  {
    hint: 'cli/input/selection.ts: kato role remove --help',
    wrong: 'kato role remove',
    shows: /--all/,
  },
  {
    hint: "cli/commands/role/add.ts: stopped; kato start -n ${result.node} ${result.added.join(' ')} starts what is new",
    says: 'kato role add -n h2 --no-start memcached',
    shows: /h2: memcached started/,
    undo: 'kato role remove -n h2 memcached',
  },
  {
    hint: 'machine/apply/config.ts: the old config stays live; undo or correct what was changed last: kato history',
    given: "cp /etc/passwd /root && sed -i '/^www-data:/d' /etc/passwd",
    wrong: 'kato config set router client_timeout 60s',
    by: ({ commands }) => [
      ...commands,
      'mv /root/passwd /etc && kato config del router client_timeout',
    ],
    shows: /config.set/,
  },
  {
    hint: 'machine/apply/run-state.ts: read ${paths.log}/${process}/current; kato keeps trying',
    given: 'h2: mount --bind /bin/false /usr/bin/redis-server',
    wrong: 'kato restart -n h2 redis',
    by: ({ values }) => [
      `h2: test -s ${values.join('/')}/current`,
      'h2: umount /usr/bin/redis-server && kato process ready redis --block 60',
    ],
    shows: /READY/,
  },
  {
    hint: 'domain/base/system-error.ts: make the folder first',
    wrong: 'kato data export --cluster --passphrase-file /root/pass /root/none/cluster.kato',
    by: () => 'mkdir /root/none',
  },
  {
    hint: 'domain/base/system-error.ts: give another path',
    wrong: 'kato data export --cluster --passphrase-file /root/pass /etc/hostname/cluster.kato',
    by: () => 'kato data export --cluster --passphrase-file /root/pass /root/another.kato',
    shows: /is saved/,
  },
];

const ANOTHER =
  'domain/roles/last.ts: let another node serve it first; to take it away anyway, add --force';
const STOPPED = (role: string) => [`kato role add -n h2 ${role}`, `kato stop -n h2 ${role}`];
const BACK = (role: string) => [`kato role add -n h1 ${role}`, `kato role remove -n h2 ${role}`];
/** Of the last node that serves a role. */
const OF_LAST: Row[] = [
  {
    hint: ANOTHER,
    given: STOPPED('router'),
    wrong: 'kato role remove router',
    by: () => 'kato start -n h2 router',
    undo: BACK('router'),
  },
  {
    hint: ANOTHER,
    given: STOPPED('router'),
    wrong: 'kato role remove router',
    by: ({ text }) => `kato role remove router ${text.match(/--\w+/)}`,
    shows: /h1 no longer has router/,
    undo: BACK('router'),
  },
  {
    hint: 'domain/roles/last.ts: start another one first: kato start -n ${startable.name} ${role}',
    given: STOPPED('controller'),
    wrong: 'kato role remove controller',
    undo: BACK('controller'),
  },
  {
    hint: 'domain/roles/last.ts: give it to another node first: kato role add -n NODE ${role}',
    given: [
      `h3: ${ATTACH} $H1`,
      'kato role add -n h2 controller',
      'h2: kato node halt',
      'h1: until kato status | grep -q "h2 .* left "; do :; done',
    ],
    wrong: 'kato role remove controller',
    words: { NODE: 'h3' },
    undo: [
      'h2: kato node boot && until kato process ready all --block 30; do :; done',
      ...BACK('controller'),
      LEAVE,
    ],
  },
];

/** What is said when it is done. */
const DONE: Row[] = [
  {
    hint: 'cli/render/routes.ts: no routes; add one with kato route add',
    says: 'kato route list',
    by: ({ commands }) => `${commands} shop.example.com 10.9.9.1:80`,
    shows: /leads to/,
  },
  {
    hint: 'cli/render/routes.ts: no announcers; add one with kato route announcer add',
    says: 'kato route announcer list',
    by: ({ commands }) => `${commands} shop --host a.example.com`,
    shows: /may announce/,
  },
  {
    hint: 'cli/commands/node/setup/load_balancer.ts: kato status shows it',
    given: `h3: ${ATTACH} $H1`,
    says: 'h3: kato node setup load_balancer',
    shows: /load_balancer/,
    undo: LEAVE,
  },
  {
    hint: 'cli/commands/node/rename.ts: kato node setup core api.${hostname}, or kato node attach CORE_IP',
    says: 'h3: kato node rename h3',
    by: ({ commands: [, attach] }) => `KATO_TOKEN=$TOKEN ${attach}`,
    words: { CORE_IP: '$H1' },
    shows: /h3 is attached/,
  },
  {
    hint: 'cli/render/attach.ts: kato status --all shows the cluster; kato info shows which roles this node could have',
    given: LEAVE,
    says: `h3: ${ATTACH} $H1`,
    shows: /^cluster [\s\S]*memcached/m,
  },
  {
    hint: 'cli/commands/node/detach.ts: kato node attach CORE_IP attaches it again',
    says: LEAVE,
    by: ({ commands }) => `KATO_TOKEN=$TOKEN ${commands}`,
    words: { CORE_IP: '$H1' },
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: 'cli/commands/node/detach.ts: kato node setup core begins a new one',
    says: 'h4: kato node detach --yes',
    shows: /h4 is the core/,
  },
  {
    hint: 'cli/render/core.ts: kato status --all shows the cluster',
    given: 'h4: kato node detach --yes',
    says: 'h4: kato node setup core api.example.org',
    shows: /^cluster api.example.org/,
  },
  {
    hint: 'cli/render/core.ts: kato token create makes a token for another machine',
    says: 'h4: kato node setup core',
    shows: /^token /,
  },
  {
    hint: 'cli/render/core.ts: until ${localTime(attach[0]!.expiresAt)}; kato token create makes more.',
    given: 'h4: kato node detach --yes',
    says: 'h4: kato node setup core api.example.org',
    shows: /^token /,
  },
];

describe('a hint on the words of a command, or in what it says, followed where it is printed', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};

  before('a core with a node, another core, and a machine in no cluster', async () => {
    await twoClusters(lab.hosts, env);
    await typed(lab.hosts[0]!, 'echo a long passphrase >/root/pass');
  });

  for (const row of [...OF_WORDS, ...OF_LAST, ...DONE]) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
  }
});
