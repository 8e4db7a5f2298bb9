import { typed } from '../support/cluster.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { otherKato, sameKato } from '../support/said/other-kato.ts';
import { follow, type Row, titleOf, twoClusters } from '../support/said/rows.ts';

const ATTACH = 'KATO_TOKEN=$TOKEN kato node attach';
const LEAVE = 'h3: kato node detach';
const RECOVER =
  'h3: kato node setup core --recover-from /root/later.kato --passphrase-file /root/pass';

/** Where not all have the same kato. */
const VERSIONS: Row[] = [
  {
    hint: 'domain/nodes/join.ts: install the same version, or attach with --force',
    given: otherKato(`s/"version": "[^"]*"/"version": "9.9.9"/`, 'package.json'),
    wrong: `h3: ${ATTACH} $H1`,
    by: () => `${ATTACH} --force $H1`,
    shows: /h3 is attached/,
    undo: [LEAVE, sameKato()],
  },
  {
    hint: 'catalog/load.ts: correct the file; the roles that come with kato are examples',
    given: otherKato('s/^summary/sumary/', 'roles/redis.yml'),
    wrong: 'h3: kato role info',
    by: () => `cp ${CHECKOUT}/roles/redis.yml /opt/kato/roles`,
    undo: sameKato(),
  },
  {
    hint: 'domain/roles/not-known.ts: install the same kato there as on the core; if it is there, restart its agent: s6-svc -r /var/lib/kato/service/agent; on a controller also: s6-svc -r /var/lib/kato/service/controller',
    given: [
      ...otherKato('s/, redis]/]/', 'roles/groups.yml'),
      `h3: rm /opt/kato/roles/redis.yml && ${ATTACH} $H1`,
    ],
    wrong: 'kato role add -n h3 redis',
    by: () => [
      `h3: cp ${CHECKOUT}/roles/*.yml /opt/kato/roles && s6-svc -r /var/lib/kato/service/agent`,
      'h3: kato process ready all --block 30',
    ],
    undo: LEAVE,
  },
  {
    hint: 'operations/operation.ts: this kato and the controller may have different versions: kato version shows them',
    given: [
      `h3: ${ATTACH} $H1`,
      ...otherKato(
        's/params: { route, backends }/params: { route }/',
        'src/cli/commands/route/remove.ts',
      ),
      `h3: sed -i 's/"version": "[^"]*"/"version": "9.9.9"/' /opt/kato/package.json`,
    ],
    wrong: 'h3: kato route remove shop.example.com',
    shows: /^kato +9\.9\.9\n[\s\S]*^controller on h1 +(?!9\.9\.9)/m,
    undo: [sameKato(), LEAVE],
  },
  {
    hint: 'domain/document/document-shape.ts: use the version of kato that saved it, or a later one',
    given: [
      ...otherKato('s/CLUSTER_FORMAT = 1/CLUSTER_FORMAT = 2/', 'src/domain/document/cluster.ts'),
      'h3: kato node setup core api.example.net',
      'h3: echo a long passphrase >/root/pass',
      'h3: kato data export --cluster --passphrase-file /root/pass /root/later.kato',
      'h3: kato node halt && rm -rf /var/lib/kato',
      sameKato(),
    ],
    wrong: RECOVER,
    by: () => 'ln -sfn /opt/kato/bin/kato /usr/local/bin/kato',
    undo: ['h3: kato node detach --yes', sameKato()],
  },
];

describe('a hint on a kato that another one does not understand, followed where it is printed', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const env: Record<string, string> = {};

  before('a core with a node, another core, and a machine in no cluster', async () => {
    await twoClusters(lab.hosts, env);
    await typed(lab.hosts[0]!, 'kato route add shop.example.com 10.9.9.1:80');
  });

  for (const row of VERSIONS) {
    it(titleOf(row), () => follow(row, { hosts: lab.hosts, env }));
  }
});
