import { clusterOf, settled, tokenFrom, typed } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { follow, type Row, titleOf } from '../support/said/rows.ts';

const ROUTES = 'domain/traffic/routes.ts:';
const ADD = 'kato route add shop.example.com';

const OF_ROUTES: Row[] = [
  {
    hint: 'domain/base/names.ts: give it as 10.0.0.5:8080',
    wrong: `${ADD} 10.0.0.5`,
    by: ({ text }) => `${ADD} ${text.split(' ').at(-1)}`,
    shows: /leads to .*10\.0\.0\.5:8080/,
  },
  {
    hint: 'domain/traffic/backends.ts: give another backend, or insist with --any-backend',
    wrong: `${ADD} 127.0.0.1:8080`,
    by: () => `${ADD} 127.0.0.1:8080 --any-backend`,
    shows: /127\.0\.0\.1:8080/,
  },
  {
    hint: `${ROUTES} give \${bare}`,
    wrong: 'kato route add https://shop.example.com/x 10.9.9.1:80',
    by: ({ values: [bare] }) => `kato route add ${bare} 10.9.9.1:80`,
    shows: /^shop.example.com\/x leads to/,
  },
  {
    hint: `${ROUTES} give another path`,
    wrong: `${ADD}/.kato/x 10.9.9.1:80`,
    by: () => `${ADD}/x 10.9.9.1:80`,
    shows: /leads to/,
    undo: 'kato route remove shop.example.com/x',
  },
  {
    hint: `${ROUTES} kato route list shows all`,
    wrong: 'kato route remove shap.example.com',
    shows: /shop\.example\.com/,
  },
  {
    hint: `${ROUTES} replace it: kato route announcer remove \${name}, then add it again`,
    given: 'kato route announcer add shop --host a.example.com',
    wrong: 'kato route announcer add shop --host b.example.com',
  },
  {
    hint: `${ROUTES} kato route announcer list shows all`,
    wrong: 'kato route announcer remove shap',
    shows: /shop/,
  },
];

const OF_SETTINGS: Row[] = [
  {
    hint: 'domain/document/setting-changes.ts: kato config set ${params.component} ${params.key} ${params.value}',
    wrong: 'kato config push redis port 7000',
    by: ({ text }) => text,
    shows: /7000/,
    undo: 'kato config del redis port',
  },
  {
    hint: 'domain/document/settings.ts: a component is cluster or a role; kato config get shows them all',
    wrong: 'kato config set reddis port 7000',
    shows: /^redis:/m,
  },
  {
    hint: 'domain/document/settings.ts: kato config get ${component}',
    wrong: 'kato config set redis prot 7000',
    by: ({ text }) => text,
    shows: /^port:/m,
  },
  {
    hint: 'domain/nodes/liveness.ts: to raise them, change considerDead first; to lower them, interval first',
    wrong: 'kato config set cluster heartbeat.considerInactive 10',
    by: () => 'kato config set cluster heartbeat.considerDead 20',
    undo: [
      'kato config del cluster heartbeat.considerInactive',
      'kato config del cluster heartbeat.considerDead',
    ],
  },
  {
    hint: 'domain/nodes/liveness.ts: to raise them, change considerDead first; to lower them, interval first',
    wrong: 'kato config set cluster heartbeat.considerInactive 1',
    by: () => 'kato config set cluster heartbeat.interval 0.5',
    undo: [
      'kato config del cluster heartbeat.considerInactive',
      'kato config del cluster heartbeat.interval',
    ],
  },
  {
    hint: 'domain/document/kept-export.ts: name another node: kato node list shows them',
    wrong: 'kato data keep h1 --passphrase-file /root/pass',
    by: ({ commands }) => [...commands, 'kato data keep h2 --passphrase-file /root/pass'],
    shows: /h2 keeps an export/,
    undo: ['kato config del cluster export.node'],
  },
  {
    hint: 'domain/document/kept-export.ts: kato data keep ${called} asks for one',
    wrong: 'h4: kato config set cluster export.node h3',
    by: ({ commands }) => `${commands} --passphrase-file /root/pass`,
    shows: /h3 keeps an export/,
    undo: 'h4: kato config del cluster export.node',
  },
];

const OF_TOKENS: Row[] = [
  {
    hint: "domain/access/tokens.ts: a token may allow ${open.join(', ')}",
    wrong: 'kato token create --roles primary',
    by: ({ values: [roles] }) => `kato token create --roles '${roles}'`,
    shows: /^token /m,
  },
  {
    hint: 'domain/access/tokens.ts: attach the node, then give it the role on the core: kato role add -n NODE ${trusted}',
    wrong: 'kato token create --roles controller',
    words: { NODE: 'h2' },
    shows: /h2 has controller/,
    undo: 'kato role remove -n h2 controller',
  },
  {
    hint: 'domain/access/tokens.ts: kato token list shows all tokens',
    wrong: 'kato token revoke nothing',
    shows: /usable/,
  },
  {
    hint: 'cli/input/duration.ts: for example ${flag} 90m',
    wrong: 'kato token create --ttl soon',
    by: ({ values: [flag] }) => `kato token create ${flag} 90m`,
    shows: /^token /m,
  },
];

const MAKE = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 90';
const INSTALL = 'kato op custom_ssl_cert install';
const WEAK = `-nodes -subj /CN=weak.example.com -addext subjectAltName=DNS:weak.example.com \\
  -keyout /root/weak.key -out /root/weak.pem`;
const OF_CERTIFICATES: Row[] = [
  {
    hint: 'machine/certificates.ts: have it made again with EC P-256 or RSA 2048, and SHA-256',
    given: `${MAKE.replace('ec -pkeyopt ec_paramgen_curve:P-256', 'rsa:1024')} ${WEAK} 2>&1`,
    wrong: `${INSTALL} /root/weak.key /root/weak.pem weak.example.com`,
    by: () => `${MAKE} ${WEAK} 2>&1`,
  },
  {
    hint: 'cli/commands/op/custom_ssl_cert/install.ts: openssl pkey -in ${files.key} -out FILE writes the key without a passphrase',
    given: `${MAKE} -subj /CN=a.example.com -addext subjectAltName=DNS:a.example.com \\
      -passout pass:secret -keyout /root/locked.key -out /root/a.pem 2>&1`,
    wrong: `${INSTALL} /root/locked.key /root/a.pem a.example.com`,
    by: ({ text }) => [
      `${text.replace(/ writes.*/, '')} -passin pass:secret`,
      `${INSTALL} /root/a.key /root/a.pem a.example.com`,
    ],
    words: { FILE: '/root/a.key' },
    shows: /a\.example\.com is served with this certificate/,
  },
  {
    hint: 'cli/commands/op/custom_ssl_cert/install.ts: KEY comes first, then CERT: kato op custom_ssl_cert install KEY CERT DOMAIN',
    wrong: `${INSTALL} /root/a.pem /root/a.key a.example.com`,
    by: ({ text }) => text.slice(text.indexOf(': ') + 2),
    words: { KEY: '/root/a.key', CERT: '/root/a.pem', DOMAIN: 'a.example.com' },
    shows: /a\.example\.com is served with this certificate/,
  },
  {
    hint: 'domain/traffic/certificates.ts: replace it with --update',
    given: `${MAKE} -subj /CN=a.example.com -addext subjectAltName=DNS:a.example.com \\
      -nodes -keyout /root/b.key -out /root/b.pem 2>&1`,
    wrong: `${INSTALL} /root/b.key /root/b.pem a.example.com`,
    by: () => `${INSTALL} --update /root/b.key /root/b.pem a.example.com`,
    shows: /a\.example\.com is served with this certificate/,
  },
  {
    hint: 'machine/certificates.ts: give the leaf first in the chain, and the key that it was made with',
    wrong: `${INSTALL} --update /root/a.key /root/b.pem a.example.com`,
    by: () => `${INSTALL} --update /root/a.key /root/a.pem a.example.com`,
    shows: /a\.example\.com is served with this certificate/,
  },
  {
    hint: 'domain/traffic/certificates.ts: kato op custom_ssl_cert list',
    wrong: 'kato op custom_ssl_cert remove b.example.com',
    by: ({ text }) => text,
    shows: /a\.example\.com/,
  },
];

const OF_DATA: Row[] = [
  {
    hint: 'cli/input/passphrase.ts: give it with --passphrase-file F',
    wrong: 'kato data export --cluster /root/cluster.kato',
    by: () => 'kato data export --cluster --passphrase-file /root/pass /root/cluster.kato',
    shows: /is saved in/,
  },
  {
    hint: 'cli/commands/data/export.ts: give another name, or delete it',
    given: 'echo mine >/root/mine',
    wrong: 'kato data export --cluster --passphrase-file /root/pass /root/mine',
    by: () => 'rm /root/mine',
  },
  {
    hint: 'operations/export-file.ts: kato data export --cluster FILE makes one',
    wrong: 'kato data import /etc/hostname --passphrase-file /root/pass',
    by: ({ commands }) => `${commands} --passphrase-file /root/pass`,
    words: { FILE: '/root/cluster.kato' },
    done: 'kato data import /root/cluster.kato --passphrase-file /root/pass',
  },
  {
    hint: 'domain/document/restore.ts: use --force, and attach them again afterwards',
    given: [
      'h3: KATO_TOKEN=$TOKEN kato node attach $H1',
      'kato data keep h2 --passphrase-file /root/pass',
    ],
    wrong: 'kato data import /root/cluster.kato --passphrase-file /root/pass',
    by: () => [
      'kato data import /root/cluster.kato --passphrase-file /root/pass --force',
      'h3: kato node detach || true',
      'h3: KATO_TOKEN=$TOKEN kato node attach $H1',
    ],
    shows: /again: h3[\s\S]*no node keeps an export any more, as in the file[\s\S]*h3 is attached/,
  },
];

describe('a hint on what is asked of the cluster, followed where it is printed', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};

  before('a core with a node, and another core with one', async () => {
    const [core, second, third, fourth] = lab.hosts;
    for (const { name, address } of lab.hosts) env[name.toUpperCase()] = address;
    await Promise.all([clusterOf(core!, [[second!, 'redis']]), clusterOf(fourth!, [[third!, '']])]);
    for (const host of lab.hosts) await typed(host, 'echo a long passphrase >/root/pass');
    await settled(core!);
  });

  for (const row of [...OF_ROUTES, ...OF_SETTINGS, ...OF_TOKENS, ...OF_CERTIFICATES]) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
  }

  describe('on what is saved and brought back', () => {
    before('a machine that is to join', async () => {
      const [core, , third] = lab.hosts;
      await third!.kato('node', 'detach');
      env.TOKEN = await tokenFrom(core!, '--uses 9');
    });
    for (const row of OF_DATA) {
      it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
    }
  });
});
