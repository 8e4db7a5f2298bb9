import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controllerKeysOf } from '../../../src/bus/identity.ts';
import { openStore } from '../../../src/bus/store/store.ts';
import { CONTROLLER, parseSubject } from '../../../src/bus/subjects.ts';
import type { ControllerConfig } from '../../../src/controller/doors/doors.ts';
import { hashOf } from '../../../src/domain/base/hash.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { isProven } from '../../../src/domain/document/proof.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { run } from '../../../src/machine/command.ts';
import { readIdentity, readLedger } from '../../../src/machine/node/ledger.ts';
import { openState } from '../../../src/operations/export-file.ts';
import { OPERATIONS } from '../../../src/operations/index.ts';
import { checkParams } from '../../../src/operations/operation.ts';
import { reportOf } from '../../../src/operations/report.ts';
import { startNats, type TestNats } from '../../support/nats.ts';
import { compiled } from '../../support/planning.ts';
import { FIXTURES, RELEASES } from '../../support/release/installed.ts';

const NODES = ['h1', 'h2', 'h3'];
/** What is no operation: reports, and the question of a node that was removed. */
const APART = ['report', 'removed'];

for (const release of RELEASES) {
  describe(`what kato ${release} wrote`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kato-release-'));
    const pathsOn = (host: string): Paths => ({ ...pathsOf('/'), ...stateIn(`${folder}/${host}`) });
    let nats: TestNats;
    let config: ControllerConfig;

    before(async () => {
      for (const host of NODES) {
        mkdirSync(`${folder}/${host}`);
        const file = `${FIXTURES}/${release}/${host}.tar.gz`;
        await run(['tar', '-xzf', file, '-C', `${folder}/${host}`]);
      }
      const loaded = `${folder}/h1/config/controller/loaded/controller.json`;
      config = JSON.parse(readFileSync(loaded, 'utf8')) as ControllerConfig;
      const key = controllerKeysOf(config.seed).controller;
      nats = await startNats([{ kind: 'controller', key }]);
      await nats.end('SIGTERM');
      cpSync(`${folder}/h1/data/nats-server`, `${nats.folder}/data`, { recursive: true });
      await nats.start();
    });
    after(async () => {
      await nats.stop();
      rmSync(folder, { recursive: true });
    });

    it('to the disk of the bus is what controllers go on with', async () => {
      const key = controllerKeysOf(config.seed).controller;
      const bus = await nats.connect(CONTROLLER, { key, seed: config.seed });
      const store = await openStore(bus, config.seed);
      await store.upgradeState();
      const { cluster } = (await store.readCluster())!;
      const names = Object.values(cluster.nodes).map(({ name }) => name);
      assert.deepEqual(names.sort(), NODES);
      assert.ok('shop.example.com' in cluster.certificates);

      const ledger = (await readLedger(pathsOn('h1')))!;
      assert.deepEqual(ledger.view.document, cluster, 'the core has the same');
      assert.equal(hashOf(cluster), ledger.view.version.hash);
      assert.ok(isProven(ledger.view.version, config.seed));

      const observed = await store.allObserved();
      const reports = [...observed].filter(([name]) => name.startsWith('report.'));
      assert.ok(reports.length >= NODES.length);
      for (const [name, report] of reports) assert.ok(reportOf(report), name);
      assert.equal(await store.getSecret('bus/ca'), config.ca);
      const history = await store.readHistory({ limit: 100, names: null });
      assert.ok(history.some(({ operation }) => operation === 'route.add'));
    });

    for (const host of NODES) {
      it(`to the disk of ${host} is what it boots from`, async () => {
        const paths = pathsOn(host);
        assert.equal((await readIdentity(paths))!.name, host);
        const { view, secrets } = (await readLedger(paths))!;
        const { processes, broken } = await compiled(view, secrets);
        assert.deepEqual(broken, []);
        assert.ok(processes.length > 0);
      });
    }

    it('into an export is what a recovery begins with', async () => {
      const text = readFileSync(`${FIXTURES}/${release}/cluster.kato`, 'utf8');
      const { cluster, secrets } = await openState(text, 'a long passphrase');
      assert.equal(cluster.id, config.clusterId);
      assert.equal(secrets['bus/controller'], config.seed);
    });

    it('on the bus is understood', () => {
      const file = `${FIXTURES}/${release}/messages.json`;
      const messages = JSON.parse(readFileSync(file, 'utf8')) as { subject: string; body: Json }[];
      const asked = new Set<string>();
      for (const { subject, body } of messages) {
        const parsed = parseSubject(subject)!;
        if (parsed.kind === 'heartbeat') continue;
        assert.equal(parsed.kind, 'op', subject);
        const { operation: name } = parsed as { operation: string };
        asked.add(name);
        if (name === 'report') assert.ok(reportOf(body));
        if (APART.includes(name)) continue;
        const operation = OPERATIONS.get(name);
        assert.ok(operation, name);
        checkParams(operation, (body as { params: Json }).params);
      }
      for (const name of ['view', 'report', 'role.add', 'status', 'state.sealed']) {
        assert.ok(asked.has(name), `nobody asked ${name}`);
      }
    });
  });
}

function stateIn(folder: string): Pick<Paths, 'state' | 'ledger'> {
  return { state: `${folder}/state`, ledger: `${folder}/state/ledger.json` };
}
