import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf, twoClusters } from '../support/said/rows.ts';

const SETUP = 'operations/local/setup-core.ts:';
const CARRIED = 'operations/local/carried.ts:';
const HOST = 'operations/local/host.ts:';
const ATTACH = 'KATO_TOKEN=$TOKEN kato node attach';
const REJOIN = `h2: ${ATTACH} -e redis $H1`;
const GO_ON = 'kato node halt && kato node boot && kato process ready all --block 30';
const END = 'remove takes the other nodes out; then kato node detach --yes ends that cluster';

/** On a node, on a core, and on both. */
const ON_NODES: Row[] = [
  {
    hint: `${HOST} run the command as root`,
    wrong: 'h2: setpriv --reuid=nobody --regid=nogroup --clear-groups kato node boot',
    by: () => 'kato node boot',
    shows: /this node is running/,
  },
  {
    hint: `${SETUP} kato node detach takes it out of that cluster`,
    wrong: 'h2: kato node setup core',
    undo: ['h2: kato node detach --yes', REJOIN],
  },
  {
    hint: `${CARRIED} kato node detach takes it out of there; then kato node attach \${other}`,
    wrong: 'h2: KATO_TOKEN=$FOREIGN kato node attach $H4',
    by: ({ commands: [detach, attach] }) => [detach!, `KATO_TOKEN=$FOREIGN ${attach}`],
    shows: /h2 is attached to api.example.org/,
    undo: ['h2: kato node detach', REJOIN],
  },
  {
    hint: 'operations/local/rename.ts: rename it before it is set up or attached: kato node detach takes it out',
    wrong: 'h2: kato node rename second',
    undo: ['h2: kato node rename h2', REJOIN],
  },
  {
    hint: 'operations/local/recover.ts: run it on the core, or on a machine that is in no cluster',
    given: [
      'h1: echo a long passphrase >/root/pass',
      'kato data keep h2 --passphrase-file /root/pass',
    ],
    wrong:
      'h2: echo a long passphrase >/root/pass && kato node setup core --recover-from /var/lib/kato/export/cluster.kato --passphrase-file /root/pass',
    by: () =>
      'h1: kato data export --cluster --passphrase-file /root/pass /root/c.kato && kato node setup core --recover-from /root/c.kato --passphrase-file /root/pass',
    shows: /h1 is the core of api.example.com/,
    undo: 'kato process ready all --block 30 && kato config del cluster export.node',
  },
  {
    hint: 'cli/framework/process-switch-command.ts: no command reaches the cluster until then; on ${node}: kato node halt, then kato node boot',
    says: 'h1: kato process stop --force nats-server',
    by: ({ values: [node], commands: [halt, boot] }) => [
      `${node}: ${halt} && ${boot} && kato process ready all --block 30`,
      'kato start -n h2 redis',
    ],
    shows: /READY/,
  },
  {
    hint: 'agent/cluster-link.ts: kato status shows what this node last knew',
    given:
      'h1: kato process stop --no-wait --force nats-server; until ! ss -ltn | grep -q :4222; do :; done',
    wrong: 'h2: kato history',
    by: ({ commands }) => `${commands} || test $? = 5`,
    shows: /h2/,
  },
  {
    hint: 'operations/local/attach.ts: on ${core}, kato status shows whether the bus runs',
    wrong: `h3: ${ATTACH} $H1`,
    by: ({ commands }) => `h1: ${commands} || test $? = 5`,
    shows: /primary\(held\)/,
  },
  {
    hint: 'cli/session/session.ts: run it again when the bus is back: repeating it does no harm',
    wrong: 'h2: kato stop redis',
    by: () => `h1: ${GO_ON}`,
    undo: 'h2: kato start redis',
  },
  {
    hint: 'cli/session/session.ts: when a controller answers, kato history shows if it was done; repeating it does no harm',
    given: 'h1: s6-svc -p /var/lib/kato/service/controller',
    wrong: 'h2: kato stop redis',
    by: ({ commands: [history] }) => [
      'h1: s6-svc -c /var/lib/kato/service/controller && kato process ready controller --block 30',
      `h1: ${history}`,
    ],
    undo: 'h2: kato start redis',
  },
  {
    hint: 'cli/session/follow.ts: kato node boot on ${on} starts it',
    given: 'h2: kato node halt',
    wrong: 'kato stop -n h2 redis',
    by: ({ values: [on] }) => [
      `${on}: kato node boot`,
      'kato process ready -n h2 all --block 30 && kato status',
    ],
    shows: /redis on h2 is stopped/,
    undo: 'kato start -n h2 redis',
  },
  {
    hint: `${SETUP} kato status shows the cluster`,
    wrong: 'h4: kato node setup core --address $H1',
    shows: /cluster api.example.org/,
  },
  {
    hint: 'operations/local/attach.ts: the role load_balancer must be given again: kato node setup load_balancer does it',
    given: [
      `h3: ${ATTACH} $H1 && kato node setup load_balancer && kato node halt`,
      'kato node remove --skip-detach h3',
    ],
    says: `h3: ${ATTACH} $H1`,
    shows: /h3 is a load balancer/,
    undo: 'h3: kato node detach',
  },
  {
    hint: 'domain/nodes/leave.ts: on the core, when all other nodes are removed: kato node detach --yes',
    wrong: 'h4: kato node remove h4',
    shows: /its cluster is no more/,
    undo: 'h4: kato node setup core api.example.org',
  },
  {
    hint: 'cli/commands/node/detach.ts: kato node detach --yes ends it without asking',
    wrong: 'h4: kato node detach',
    shows: /its cluster is no more/,
    undo: 'h4: kato node setup core api.example.org',
  },
  {
    hint: `${SETUP} kato node ${END}`,
    wrong: 'h4: kato node setup core api.example.net',
    by: ({ commands: [, detach] }) => detach!,
  },
  {
    hint: `${CARRIED} kato node ${END}`,
    wrong: `h4: ${ATTACH} $H1`,
    by: ({ commands: [, detach] }) => detach!,
  },
  {
    hint: `${SETUP} kato node setup core --address \${text} NAME`,
    wrong: 'h3: kato node setup core $H3',
    by: ({ commands }) => commands,
    words: { NAME: 'api.example.net' },
    shows: /is the core of api.example.net/,
  },
];

describe('a hint on a machine that is a node or a core, followed where it is printed', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};

  before('a core with a node, another core, and a machine in no cluster', async () => {
    await twoClusters(lab.hosts, env);
  });

  for (const row of ON_NODES) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
  }
});
