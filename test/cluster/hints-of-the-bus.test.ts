import { clusterOf, nodeOn, settled, type, typed } from '../support/cluster.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';
import { follow, type Row, titleOf } from '../support/said/rows.ts';
import { until } from '../support/until.ts';

const LEDGER = '/var/lib/kato/state/ledger.json';
const PASS = '--passphrase-file /root/pass';
const EXPORT = `kato data export --cluster ${PASS} /root/c.kato`;
const INSTALL = 'kato op custom_ssl_cert install';
const MAKE = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 90 -nodes \\
  -subj /CN=a.example.com -addext subjectAltName=DNS:a.example.com`;

/** Works on the store as a controller, or as one of another cluster would. */
const FAULT = `import { readFileSync } from 'node:fs';
const load = (name) => import(\`${CHECKOUT}/src/bus/\${name}.ts\`);
const read = (name) => JSON.parse(readFileSync(\`/var/lib/kato/state/\${name}.json\`, 'utf8'));
const [{ connectBus }, { openStore }, { createIdentity, keyOfSeed }] = await Promise.all(
  ['connection', 'store/store', 'identity'].map(load),
);
const { core, ca, clusterId } = read('identity');
const seed = read('secrets')['bus/controller'];
const identity = { who: 'ctl', key: keyOfSeed(seed), seed };
const bus = await connectBus({ ...core, ca, clusterId, name: 'fault', identity });
const { cluster } = await (await openStore(bus, seed)).readCluster();
const { id } = Object.values(cluster.nodes).find(({ name }) => name === 'h2');
const [, , who, call, name, value] = process.argv;
const store = await openStore(bus, who === 'controller' ? seed : createIdentity().seed);
const names = Object.keys(await (await openStore(bus, seed)).listSecrets(''));
for (const one of names.filter((found) => found.startsWith(name.replace('NODE', id)))) {
  await store[call](one, value);
}
await bus.close();
`;
const fault = (words: string): string => `h1: ${process.execPath} /root/fault.mjs ${words}`;

const LOST =
  'operations/secrets.ts: on the core: df -h /var/lib/kato/data; then kato node setup core --recover-from /var/lib/kato/state/ledger.json';
const SECRETS: Row[] = [
  {
    hint: LOST,
    given: fault('controller deleteSecret bus/controller'),
    wrong: EXPORT,
    by: ({ text }) => text.slice(text.indexOf('df')).replace('; then', ' &&'),
    done: EXPORT,
  },
  {
    hint: 'bus/store/seal.ts: kato node setup core --recover-from FILE brings the secrets back',
    given: fault('another putSecret node/NODE/redis/password x'),
    wrong: 'kato role info --secret redis -n h2',
    words: { FILE: LEDGER },
  },
];

const REPLACE =
  'agent/usable-certificates.ts: kato op custom_ssl_cert install --update KEY CERT ${domain}';
const withFiles = (line: string): string =>
  line.replace('KEY', '/root/a.key').replace('CERT', '/root/a.pem');

/** What a node tells of itself in the status; `others`: all else that it was told is done. */
const TOLD: {
  listed: string;
  told: RegExp;
  given: string[];
  by(line: string): string;
  others: boolean;
}[] = [
  {
    listed: LOST,
    told: /^the bus has lost secrets that this node needs$/,
    given: [fault('controller deleteSecret ""')],
    by: (line) => line.slice(line.indexOf('df')).replace('; then', ' &&'),
    others: false,
  },
  {
    listed: REPLACE,
    told: /cannot be loaded, and is left out$/,
    given: [
      `h1: ${MAKE} -keyout /root/a.key -out /root/a.pem 2>&1`,
      `${INSTALL} /root/a.key /root/a.pem a.example.com`,
      fault(
        'controller putSecret certificate/a.example.com "$(openssl ecparam -name prime256v1 -genkey -noout)"',
      ),
    ],
    by: withFiles,
    others: true,
  },
  {
    listed: REPLACE,
    told: /^the bus has lost the key of the certificate for a.example.com, or cannot open it$/,
    given: [fault('controller deleteSecret certificate/a.example.com')],
    by: withFiles,
    others: true,
  },
  {
    listed: REPLACE,
    told: /^the bus has lost the key of the certificate for a.example.com, or cannot open it$/,
    given: [fault('another putSecret certificate/a.example.com x')],
    by: withFiles,
    others: true,
  },
  {
    listed: LOST,
    told: /^the bus has lost the certificate for names that have none, or cannot open it$/,
    given: [fault('controller deleteSecret certificate/default')],
    by: (line) => line.slice(line.indexOf('df')).replace('; then', ' &&'),
    others: true,
  },
];

describe('a hint on what the bus has lost, or holds in another form', () => {
  const lab = useLab({ hosts: 2 });
  needsMachines(lab);

  before('a core, and a node with secrets of its own', async () => {
    const [core, node] = lab.hosts;
    await clusterOf(core!, [[node!, 'redis,router']]);
    await core!.write('/root/fault.mjs', FAULT);
    await typed(core!, 'echo a long passphrase >/root/pass');
    await settled(core!);
  });

  for (const row of SECRETS) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env: {} }));
  }

  for (const [i, { listed, told, given, by, others }] of TOLD.entries()) {
    const after = given.at(-1)!.replace(/^.*fault.mjs /, '');
    it(`${listed.slice(listed.indexOf(': ') + 2)}  (kato status, after ${after})`, async () => {
      const [core, node] = lab.hosts;
      for (const line of given) await typed(core!, line.replace('h1: ', ''));
      await typed(core!, `kato config set --no-wait redis max_memory 10${i}m`);
      const error = await until(
        async () => {
          const said = (await nodeOn(node!, core)).error;
          return said !== undefined && told.test(said.message) ? said : null;
        },
        { what: 'the node tells it', seconds: 30 },
      );
      if (others) {
        const file = '/var/lib/kato/config/redis/current/redis.conf';
        const limit = `grep 'maxmemory ${(100 + i) * 1024 ** 2}' ${file}`;
        await until(async () => (await type(node!, limit)).exitCode === 0, {
          what: 'the node does what else it was told',
          seconds: 30,
        });
      }
      await typed(core!, by(hint(error.next, listed).text));
      await settled(core!);
    });
  }
});
