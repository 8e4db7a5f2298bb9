import { mkdirSync, writeFileSync } from 'node:fs';
import { attach, clusterOf, settled, tokenFrom, typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { CHECKOUT } from '../lab/store.ts';
import { startProgramAt } from '../traffic/on-hosts.ts';
import { FIXTURES, install } from './installed.ts';

/**
 * `make.ts RELEASE`: has a packed release make a cluster, and keeps in its folder of `test/fixtures` what
 * that writes: the disks of its nodes, an export, and what was said on the bus. Run once, when it is released.
 */
const release = process.argv[2] ?? '';
const folder = `${FIXTURES}/${release}`;
const PASSPHRASE = 'a long passphrase';
/** Of a node's disk: what it knows, and on the core what controllers share. */
const PARTS = ['state', 'config/controller', 'data/nats-server'];

/** Every change that this release knows, and questions; typed on the core. */
const COMMANDS = [
  'kato config set cluster heartbeat.interval 1',
  'kato config push router trusted_proxies 192.0.2.1',
  'kato config push router trusted_proxies 192.0.2.2',
  'kato config pop router trusted_proxies 192.0.2.1',
  'kato config set redis port 7000',
  'kato config del redis port',
  'kato role add -n h2 memcached',
  'kato role remove -n h2 memcached',
  'kato stop -n h2 redis',
  'kato start -n h2 redis',
  'kato restart -n h2 redis',
  'kato process stop -n h2 redis',
  'kato process start -n h2 redis',
  'kato process restart -n h2 redis',
  'kato route add shop.example.com 192.0.2.10:80 192.0.2.11:80',
  'kato route add --sticky pay.example.com/in 192.0.2.12:80',
  'kato route remove pay.example.com/in',
  'kato route announcer add old --host old.example.com',
  'kato route announcer remove old',
  'kato route announcer add shop --host a.example.com',
  `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 3650 -nodes \\
    -subj /CN=shop.example.com -addext subjectAltName=DNS:shop.example.com \\
    -keyout /root/shop.key -out /root/shop.pem 2>/dev/null`,
  'kato op custom_ssl_cert install /root/shop.key /root/shop.pem shop.example.com',
  'kato node remove h4',
  `kato token create --roles redis --json | grep -o '"id": "[^"]*' | cut -d'"' -f4 | xargs kato token revoke`,
  `echo ${PASSPHRASE} >/root/pass && kato data keep h2 --passphrase-file /root/pass`,
  'kato data export --cluster --passphrase-file /root/pass /root/cluster.kato',
  'kato data import /root/cluster.kato --passphrase-file /root/pass',
  ...['status --all', 'history', 'check || true', 'node list', 'role info', 'route list'].map(
    (words) => `kato ${words}`,
  ),
  ...['process list --cluster', 'token list', 'config get', 'node version h2'].map(
    (words) => `kato ${words}`,
  ),
  'kato op custom_ssl_cert list',
  'kato route announcer list',
];

await using lab = await Lab.up({ hosts: 4 });
const [core, second, third, fourth] = lab.hosts as [Host, Host, Host, Host];
await Promise.all(lab.hosts.map((host) => install(host, release)));
await clusterOf(core, [[second, 'redis']]);
const config = '/var/lib/kato/config/controller/loaded/controller.json';
const program = `${CHECKOUT}/test/support/release/record.ts`;
const recording = await startProgramAt(core, program, [config]);
const token = await tokenFrom(core, '--uses 9');
await attach(third, core, 'postgresql', token);
await attach(fourth, core, '', token);
await typed(third, 'kato node setup load_balancer --force');
await typed(core, 'kato role add -n h2 controller');
for (const text of COMMANDS) {
  console.log(text);
  await typed(core, text);
}
await settled(core);

mkdirSync(folder, { recursive: true });
const { stdout } = await recording.kill('SIGTERM');
writeFileSync(`${folder}/messages.json`, `${JSON.stringify(oneOfEach(stdout), null, 1)}\n`);
await keep(core, '/root/cluster.kato', 'cluster.kato');
for (const host of [core, second, third]) {
  await typed(host, 'kato node halt');
  await typed(
    host,
    `cd /var/lib/kato && for part in ${PARTS.join(' ')}; do [ ! -e $part ] || echo $part; done |
      tar --sort=name -czf /root/node.tar.gz -T -`,
  );
  await keep(host, '/root/node.tar.gz', `${host.name}.tar.gz`);
}

async function keep(host: Host, from: string, to: string): Promise<void> {
  const text = await typed(host, `base64 -w 0 ${from}`);
  writeFileSync(`${folder}/${to}`, Buffer.from(text, 'base64'));
}

/** The longest of each kind: it has most in it. */
function oneOfEach(lines: string): object[] {
  const kept = new Map<string, { subject: string; body: unknown; length: number }>();
  for (const line of lines.split('\n').filter((one) => one.startsWith('{'))) {
    const message = JSON.parse(line) as { subject: string; body: unknown };
    const [, kind = '', , ...rest] = message.subject.split('.');
    const name = [kind, ...rest].join('.');
    const before = kept.get(name);
    if (before === undefined || before.length < line.length) {
      kept.set(name, { ...message, length: line.length });
    }
  }
  return [...kept.values()].map(({ subject, body }) => ({ subject, body }));
}
