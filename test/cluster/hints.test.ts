import { attach, clusterOf, settled, tokenFrom, typed } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf } from '../support/said/rows.ts';

const ROLE_SWITCH = 'domain/roles/role-switch.ts:';
const PROCESS_SWITCH = 'domain/roles/process-switch.ts:';

/** Roles and processes that run, stop and are held, and who has which role. */
const ROWS: Row[] = [
  {
    hint: `${ROLE_SWITCH} kato role add -n \${node.name} \${foreign}`,
    wrong: 'kato restart -n h2 memcached',
    undo: 'kato role remove -n h2 memcached',
  },
  {
    hint: `${ROLE_SWITCH} kato node halt stops the whole node, kato node boot starts it`,
    wrong: 'h2: kato stop base',
    shows: /is stopped\n.*is starting/,
    undo: 'h2: kato process ready all --block 30',
  },
  {
    hint: `${ROLE_SWITCH} kato start -n \${node.name} \${role}`,
    given: 'kato stop -n h2 redis',
    wrong: 'kato restart -n h2 redis',
  },
  {
    hint: `${ROLE_SWITCH} hold its process until the next boot: kato process stop --force -n \${node.name} \${processes.join(' ')}`,
    wrong: 'kato stop controller',
    shows: /controller to be held until the next boot/,
  },
  {
    hint: 'bus/failures.ts: on the core: kato status shows the state of its controller; kato node halt, then kato node boot, restarts it, but not one that a person stopped: if there is no other, kato node setup core --recover-from /var/lib/kato/state/ledger.json does',
    wrong: 'kato process start controller',
    by: ({ commands: [status, halt, boot] }) => [
      `${status} | grep -F 'controller(held)' || true`,
      `h1: ${halt} && ${boot} && kato process ready all --block 30`,
    ],
  },
  {
    hint: `${ROLE_SWITCH} give it to another node first, or stop it anyway: kato stop --force -n \${node.name} \${role}`,
    given: 'kato role remove -n h5 router',
    wrong: 'kato stop router',
    shows: /router stopped until started again/,
    undo: ['kato start router', 'kato role add -n h5 router'],
  },
  {
    hint: `${PROCESS_SWITCH} kato process start -n \${node.name} \${process}`,
    given: 'kato process stop -n h2 redis',
    wrong: 'kato process restart -n h2 redis',
  },
  {
    hint: `${PROCESS_SWITCH} kato start -n \${node.name} \${role}`,
    given: 'kato stop -n h2 redis',
    wrong: 'kato process start -n h2 redis',
  },
  {
    hint: `${PROCESS_SWITCH} kato process list -n \${node.name}`,
    wrong: 'kato process stop -n h2 reddis',
    shows: /redis/,
  },
  {
    hint: `${PROCESS_SWITCH} to hold it anyway: kato process stop --force -n \${node.name} \${process}`,
    wrong: 'kato process stop controller',
    shows: /controller to be held until the next boot/,
    undo: 'kato node halt && kato node boot && kato process ready all --block 30',
  },
  {
    hint: 'cli/commands/process/list.ts: kato process list --cluster',
    wrong: 'kato process list redis',
    shows: /redis/,
  },
  {
    hint: 'cli/commands/process/ready.ts: kato status --all',
    given: 'kato stop -n h2 redis',
    wrong: 'kato process ready -n h2 redis --block 1',
    shows: /redis on h2 is stopped by h1/,
    undo: 'kato start -n h2 redis',
  },
  {
    hint: 'cli/session/ready.ts: kato process list -n ${node.name}',
    wrong: 'kato process ready -n h2 reddis',
    shows: /redis/,
  },
  {
    hint: 'cli/session/ready.ts: kato node list',
    wrong: 'kato process ready -n h22 redis',
    shows: /h2/,
  },
  {
    hint: 'cli/session/ready.ts: kato node boot at ${address} starts it',
    given: 'h2: kato node halt',
    wrong: 'kato process ready -n h2 redis',
    by: () => 'h2: kato node boot',
    done: 'kato process ready -n h2 redis --block 30',
    undo: 'h2: kato node halt',
  },
  {
    hint: 'agent/doors/ask.ts: as root: kato node boot starts it, or says why it cannot',
    wrong: 'h2: setpriv --reuid=nobody --regid=nogroup --clear-groups kato status',
    shows: /this node is starting/,
    undo: 'h2: kato process ready all --block 30 && kato node halt',
  },
  {
    hint: 'controller/state/knowledge.ts: kato status shows when it was last seen',
    wrong: 'kato process list -n h2',
    shows: /h2 +\S+ +left +\d+ s/,
  },
  {
    hint: 'agent/doors/ask.ts: kato node boot',
    wrong: 'h2: kato process ready all --block 1',
    done: 'h2: kato process ready all --block 30',
  },
  {
    hint: 'agent/doors/ask.ts: kato node boot starts it again; if that fails, see ${paths.log}/agent/current',
    given: 'h2: s6-svc -wD -d /var/lib/kato/service/agent',
    wrong: 'h2: kato status',
    undo: 'h2: kato process ready all --block 30 && test -s /var/log/kato/agent/current',
  },
  {
    hint: 'agent/doors/ask.ts: run the command as root',
    wrong: 'setpriv --reuid=nobody --regid=nogroup --clear-groups kato status',
    by: () => 'kato status',
    shows: /^cluster/,
  },
  {
    hint: 'agent/doors/sockets.ts: run the command as root',
    wrong: 'setpriv --reuid=nobody --regid=nogroup --groups=kato kato stop -n h2 redis',
    by: () => 'kato stop -n h2 redis',
    shows: /stopped/,
    undo: 'kato start -n h2 redis',
  },
  {
    hint: 'cli/session/follow.ts: kato status shows the state of its roles and what fails',
    given: 'h2: s6-svc -p /var/lib/kato/service/agent',
    wrong: 'kato stop -n h2 --timeout 1 redis',
    shows: /redis on h2 is stopped by h1/,
    undo: ['h2: s6-svc -c /var/lib/kato/service/agent', 'kato start -n h2 redis'],
  },
  {
    hint: 'domain/roles/role-changes.ts: kato node setup --help',
    wrong: 'kato role add -n h2 primary',
    shows: /node setup core/,
  },
  {
    hint: 'domain/roles/role-changes.ts: on ${node.name}, once it is attached: kato node setup load_balancer',
    given: 'kato role remove --force -n h6 load_balancer',
    wrong: 'kato role add -n h6 load_balancer',
    by: ({ commands }) => `h6: ${commands}`,
    shows: /h6 is a load balancer/,
  },
  {
    hint: 'domain/roles/role-changes.ts: on an admin node, such as the core: kato role add -n ${node.name} ${role}',
    wrong: 'h2: kato role add router',
    by: ({ commands }) => `h1: ${commands}`,
    done: 'kato role remove -n h2 router',
  },
  {
    hint: 'domain/roles/role-changes.ts: on the core, once the node is attached: kato role add -n ${node.name} ${role}',
    wrong: 'h2: kato role add controller',
    by: ({ commands }) => `h1: ${commands}`,
    done: 'kato role remove -n h2 controller',
  },
  {
    hint: 'domain/roles/roles.ts: kato role info lists all roles',
    wrong: 'kato role add -n h2 nothing',
    shows: /memcached/,
  },
  {
    hint: 'domain/roles/roles.ts: add it to another node first: kato role add -n NODE ${name}',
    given: 'kato role remove -n h5 router',
    wrong: 'kato role remove router',
    words: { NODE: 'h5' },
    undo: 'kato role add router',
  },
  {
    hint: "domain/roles/roles.ts: give '${fresh}' to another node, or remove '${there}' first, with --force where it is the last: kato role remove -n ${node.name} ${there}",
    wrong: 'kato role add -n h6 router',
    by: ({ commands: [remove] }) => `${remove} --force`,
    undo: 'h6: kato node setup load_balancer',
  },
  {
    hint: 'domain/roles/rules.ts: kato config get ${role} shows its ports; kato config set gives one of them another',
    wrong: 'kato config set router https_port 80',
    by: ({ commands: [get] }) => [get!, 'kato config set router https_port 8443'],
    shows: /http_port: 80\nhttps_port/,
    undo: 'kato config del router https_port',
  },
  {
    hint: 'operations/operation.ts: run the command on an admin node, such as the core',
    wrong: 'h2: kato config set router client_timeout 50s',
    by: () => 'h1: kato config set router client_timeout 50s',
    shows: /50s/,
    undo: 'kato config del router client_timeout',
  },
  {
    hint: 'domain/nodes/find-node.ts: kato node list shows all nodes',
    wrong: 'kato restart -n h22 redis',
    shows: /h2/,
  },
  {
    hint: 'domain/traffic/load-balancer.ts: give them up with --force, or set up another node',
    given: 'kato role add -n h5 memcached',
    wrong: 'h5: kato node setup load_balancer',
    by: () => 'h5: kato node setup load_balancer --force',
    shows: /in exchange for memcached, router|in exchange for router, memcached/,
  },
  {
    hint: 'domain/traffic/load-balancer.ts: give the address of a router, or none to follow the routers of the cluster',
    wrong: 'h5: kato node setup load_balancer --exclude-self $H5',
    by: () => ['h5: kato node setup load_balancer $H1', 'h5: kato node setup load_balancer'],
    shows: /its pool is: .*\n.*\n*[\s\S]*follows the routers/,
  },
  {
    hint: 'domain/traffic/load-balancer.ts: give the address of a router',
    wrong: 'h5: kato node setup load_balancer $H6',
    by: () => 'h5: kato node setup load_balancer $H1',
    shows: /its pool is/,
  },
  {
    hint: 'cli/input/own-address.ts: add --exclude-self (a load balancer has no router any more) or --keep-self',
    wrong: 'h5: kato node setup load_balancer $H1 $H5',
    by: () => 'h5: kato node setup load_balancer --exclude-self $H1 $H5',
    shows: /its pool is/,
  },
];

describe('a hint on roles, processes and nodes, followed where it is printed', () => {
  const lab = useLab({ hosts: 6 });
  needsMachines(lab);
  const env: Record<string, string> = {};

  before('a core, nodes with redis and with a router, and a load balancer', async () => {
    const [core, ...others] = lab.hosts;
    for (const { name, address } of lab.hosts) env[name.toUpperCase()] = address;
    await clusterOf(core!, [
      [others[3]!, 'router'],
      [others[4]!, 'router'],
    ]);
    const token = await tokenFrom(core!, '--roles redis');
    await attach(others[0]!, core!, 'redis', token);
    await typed(others[4]!, 'kato node setup load_balancer');
    await settled(core!);
  });

  for (const row of ROWS) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
  }
});
