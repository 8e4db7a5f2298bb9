import { typed } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf, twoClusters } from '../support/said/rows.ts';

const JOIN = 'domain/nodes/join.ts:';
const FILES = 'domain/base/system-error.ts:';
const HOST = 'operations/local/host.ts:';
const NAMES = 'operations/local/own-names.ts:';
const NO_NODE =
  "machine/node/ledger.ts: kato node setup core, or kato node attach ${core ?? 'CORE_IP'} with a token";
const ATTACH = 'KATO_TOKEN=$TOKEN kato node attach';
const LEAVE = 'h3: kato node detach';

/** On a machine that joins. */
const JOINING: Row[] = [
  {
    hint: NO_NODE,
    wrong: 'h3: kato node boot',
    by: ({ commands: [setup] }) => setup!,
    undo: 'h3: kato node detach --yes',
  },
  {
    hint: NO_NODE,
    wrong: 'h3: kato status',
    by: ({ commands: [, attach] }) => `KATO_TOKEN=$TOKEN ${attach}`,
    words: { CORE_IP: '$H1' },
    undo: LEAVE,
  },
  {
    hint: 'cli/input/token-source.ts: kato token create on the core prints one; give it with --token-file F',
    wrong: 'h3: KATO_TOKEN= kato node attach $H1',
    by: ({ commands }) => [
      `NEW=h1: ${commands} --quiet`,
      'echo $NEW >/root/token && kato node attach --token-file /root/token $H1',
    ],
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: "bus/joining/join-token.ts: copy the whole line that 'kato token create' printed, or make a new token",
    wrong: 'h3: KATO_TOKEN=kato1.abc kato node attach $H1',
    by: () => `${ATTACH} $H1`,
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${JOIN} make a new one on the core: kato token create`,
    given: 'h1: kato token revoke $LASTID',
    wrong: 'h3: KATO_TOKEN=$LAST kato node attach $H1',
    by: ({ commands }) => [`NEW=h1: ${commands} --quiet`, 'KATO_TOKEN=$NEW kato node attach $H1'],
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${JOIN} make a new one on the core: kato token create --uses N`,
    given: ['ONE=h1: kato token create --quiet', 'h3: KATO_TOKEN=$ONE kato node attach $H1', LEAVE],
    wrong: 'h3: KATO_TOKEN=$ONE kato node attach $H1',
    by: ({ text }) => [
      `NEW=h1: ${text.slice(text.indexOf('kato')).replace('N', '2')} --quiet`,
      'KATO_TOKEN=$NEW kato node attach $H1',
    ],
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${JOIN} make one on the core: kato token create --roles \${wanted.join(',')}`,
    given: 'ROUTER=h1: kato token create --quiet --roles router',
    wrong: 'h3: KATO_TOKEN=$ROUTER kato node attach -e redis,memcached $H1',
    by: ({ commands }) => [
      `NEW=h1: ${commands} --quiet`,
      'KATO_TOKEN=$NEW kato node attach -e redis,memcached $H1',
    ],
    shows: /memcached, redis/,
    undo: LEAVE,
  },
  {
    hint: 'domain/roles/role-changes.ts: detach it and attach it with a token that allows this: kato token create --roles ${role}',
    given: [
      'R=h1: kato token create --quiet --roles router',
      'h3: KATO_TOKEN=$R kato node attach -e router $H1',
    ],
    wrong: 'h3: kato node setup load_balancer',
    by: ({ commands }) => [
      `NEW=h1: ${commands} --quiet`,
      'kato node detach && KATO_TOKEN=$NEW kato node attach $H1',
    ],
    undo: LEAVE,
  },
  {
    hint: 'cli/render/token.ts: where it is to be a load balancer, then there: kato node setup load_balancer',
    says: 'h1: kato token create --roles load_balancer',
    by: ({ commands }) => [
      'NEW=h1: kato token create --quiet --roles load_balancer',
      `h3: KATO_TOKEN=$NEW kato node attach $H1 && ${commands}`,
    ],
    shows: /h3 is a load balancer/,
    undo: LEAVE,
  },
  {
    hint: 'domain/nodes/place.ts: give another address with --address, or remove it first: kato node remove ${name}',
    given: [
      'ROUTER=h1: kato token create --quiet --roles router',
      `h3: ${ATTACH} -e redis $H1 && kato node halt && rm -rf /var/lib/kato`,
    ],
    wrong: 'h3: KATO_TOKEN=$ROUTER kato node attach $H1',
    by: ({ commands }) => `h1: ${commands}`,
    undo: LEAVE,
  },
  {
    hint: `${JOIN} give another with --name, such as \${freeName(name, taken)}`,
    wrong: `h3: ${ATTACH} --name h2 $H1`,
    by: ({ values: [free] }) => `${ATTACH} --name ${free} $H1`,
    shows: /h2-2 is attached/,
    undo: LEAVE,
  },
  {
    hint: 'domain/base/names.ts: kato node rename gives the machine another name; attach takes one with --name',
    wrong: `h3: ${ATTACH} --name nbf6050be624b $H1`,
    by: () => ['kato node rename h3', `${ATTACH} --name third $H1`],
    shows: /third is attached/,
    undo: LEAVE,
  },
  {
    hint: `${NAMES} \${flag} \${better} gives the node another name; kato node rename \${better} gives the machine another host name`,
    given: 'h3: echo web_01 >/proc/sys/kernel/hostname',
    wrong: `h3: ${ATTACH} $H1`,
    by: ({ values: [flag, name] }) => `${ATTACH} ${flag} ${name} $H1`,
    shows: /web-01 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${NAMES} kato node rename \${better} gives the machine another host name`,
    wrong: 'h3: kato node setup core api.example.net',
    undo: 'h3: kato node detach --yes',
  },
  {
    hint: `${NAMES} kato node rename \${better} gives it another`,
    given: 'h3: echo web,01 >/proc/sys/kernel/hostname',
    wrong: `h3: ${ATTACH} --name third $H1`,
    undo: [LEAVE, 'h3: kato node rename h3'],
  },
  {
    hint: `${NAMES} name the endpoint: kato node setup core api.example.com`,
    given: 'h3: sed -i "1i 127.0.1.1 h3.my_net h3" /etc/hosts',
    wrong: 'h3: kato node setup core',
    shows: /h3 is the core of api.example.com/,
    undo: 'h3: kato node detach --yes && sed -i 1d /etc/hosts',
  },
  {
    hint: 'domain/traffic/addresses.ts: give the address that the other nodes reach it at',
    wrong: `h3: ${ATTACH} --address 127.0.0.1 $H1`,
    by: () => `${ATTACH} --address $H3 $H1`,
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: 'domain/base/names.ts: give an address such as 10.0.0.5',
    wrong: `h3: ${ATTACH} --address here $H1`,
    by: () => `${ATTACH} --address $H3 $H1`,
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${HOST} give one of those with --address, or none to use the one on the default route`,
    wrong: `h3: ${ATTACH} --address 10.9.9.9 $H1`,
    by: () => `${ATTACH} $H1`,
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${HOST} stop it, or give the role to another machine`,
    given: `h3: setsid ${process.execPath} -e 'require("net").createServer().listen(6379)' \\
      >/dev/null 2>&1 & echo $! >/root/pid; until ss -ltn | grep -q :6379; do :; done`,
    wrong: `h3: ${ATTACH} -e redis $H1`,
    by: () => 'kill $(cat /root/pid); while ss -ltn | grep -q :6379; do :; done',
    undo: LEAVE,
  },
  {
    hint: 'operations/local/attach.ts: the token is for the core at ${token.address}: kato node attach ${token.address}',
    wrong: `h3: ${ATTACH} $H2`,
    by: ({ commands }) => `KATO_TOKEN=$TOKEN ${commands}`,
    shows: /h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: "operations/local/attach.ts: the token is for the core at ${token.address}: kato node attach -e ${roles.join(',')} ${token.address}",
    wrong: `h3: ${ATTACH} -e redis $H2`,
    by: ({ commands }) => `KATO_TOKEN=$TOKEN ${commands}`,
    shows: /h3 is attached.*\nits roles: base, redis/,
    undo: LEAVE,
  },
  {
    hint: 'bus/joining/fingerprint.ts: use a token of this cluster, or the address of the other one',
    wrong: 'h3: KATO_TOKEN=$FOREIGN kato node attach $H1',
    by: () => ['KATO_TOKEN=$FOREIGN kato node attach $H4', LEAVE, `h3: ${ATTACH} $H1`],
    shows: /h3 is attached[\s\S]*h3 is attached/,
    undo: LEAVE,
  },
  {
    hint: `${FILES} free space or files: df -h; df -i`,
    given:
      'h3: mkdir -p /var/lib/kato && mount -t tmpfs -o size=4k tmpfs /var/lib/kato && head -c 4096 /dev/zero >/var/lib/kato/full',
    wrong: 'h3: kato node setup core api.example.net',
    by: ({ text }) => [
      text.slice(text.indexOf('df')),
      'rm /var/lib/kato/full && mount -o remount,size=500m /var/lib/kato',
    ],
    undo: 'h3: kato node detach --yes; umount /var/lib/kato',
  },
  {
    hint: `${FILES} mount it writable`,
    given: 'h3: mkdir -p /var/lib/kato && mount -t tmpfs -o ro tmpfs /var/lib/kato',
    wrong: `h3: ${ATTACH} $H1`,
    by: () => 'mount -o remount,rw /var/lib/kato',
    undo: `${LEAVE}; umount /var/lib/kato`,
  },
];

describe('a hint on a machine that joins, followed where it is printed', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};

  before('a core with a node, another core, and a machine in no cluster', async () => {
    await twoClusters(lab.hosts, env);
    const last = await typed(lab.hosts[0]!, 'kato token create --json');
    const { id, token } = JSON.parse(last) as { id: string; token: string };
    Object.assign(env, { LASTID: id, LAST: token });
  });

  for (const row of JOINING) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
  }
});
