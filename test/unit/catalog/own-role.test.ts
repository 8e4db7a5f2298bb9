import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../../src/catalog/load.ts';
import { renderer } from '../../../src/catalog/renderer.ts';
import { RoleFile } from '../../../src/catalog/role-file.ts';
import { EXAMPLE } from '../../../src/catalog/sources.ts';
import { compileNode } from '../../../src/domain/making/compile-node.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { NO_VERDICTS, nextVerdicts } from '../../../src/domain/nodes/verdicts.ts';
import type { Catalogue } from '../../../src/domain/roles/role.ts';
import { isGrantable } from '../../../src/domain/roles/roles.ts';
import { poolsOf } from '../../../src/domain/traffic/pools.ts';
import type { View } from '../../../src/domain/views/view.ts';
import { viewsOf } from '../../../src/domain/views/view-for.ts';
import { roleSecrets, secretsOf } from '../../../src/operations/secrets.ts';
import { clusterWith, NOW } from '../../support/clusters.ts';

const HOME = join(import.meta.dirname, '../../..');
const CALLER = `
summary: Calls all that say again what they hear
sees: [pools/echoes]
processes:
  - name: caller
    argv: [/usr/bin/echo, "\${config}/caller.conf"]
    files: [{ path: caller.conf, template: echo/caller.conf }]
`;

describe('a role that is put into roles/, with its templates and no TypeScript', () => {
  const example = readFileSync(join(HOME, 'roles', EXAMPLE), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'kato-catalogue-'));
  let catalogue: Catalogue;
  const cluster = clusterWith({ e1: ['echo'], e2: ['echo'], e3: ['echo'], call: ['caller'] });
  const views = (verdicts = NO_VERDICTS, of = cluster) => {
    const version = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1', proof: '' };
    const controllerKeys = { controller: 'UCTL', warden: 'UWARDEN' };
    const common = { version, controllerKeys, catalogue, announced: [], at: NOW };
    return viewsOf({ cluster: of, verdicts, ...common });
  };

  before(() => {
    for (const part of ['roles', 'templates']) {
      cpSync(join(HOME, part), join(folder, part), { recursive: true });
    }
    cpSync(join(HOME, 'roles', EXAMPLE), join(folder, 'roles/echo.yml'));
    writeFileSync(join(folder, 'roles/caller.yml'), CALLER);
    mkdirSync(join(folder, 'templates/echo'));
    writeFileSync(
      join(folder, 'templates/echo/echo.conf'),
      '{{#each peers}}peer {{name}} {{address}}\n{{/each}}{{secrets.password}} {{secrets.cookie}}',
    );
    writeFileSync(
      join(folder, 'templates/echo/caller.conf'),
      '{{#each pools.echoes}}call {{this}}\n{{/each}}',
    );
    catalogue = loadCatalogue(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('serves a pool of its own, which liveness keeps as it keeps all others', () => {
    const pool = (outages = {}) =>
      poolsOf(cluster, catalogue, [], { ...NO_VERDICTS, outages }).find(
        ({ name }) => name === 'echoes',
      )!;
    const { members, kind } = pool();
    assert.equal(kind, 'role');
    const addresses = ['e1', 'e2', 'e3'].map((id) => `${cluster.nodes[id]!.address}:7007`);
    assert.deepEqual(members.map(({ address }) => address).sort(), addresses.sort());
    const alive = new Map([['e1', 'dead']] as const);
    const verdicts = nextVerdicts(cluster, [pool()], NO_VERDICTS, alive, Date.parse(NOW));
    const out = pool(verdicts.outages).members.filter(({ state }) => state === 'out');
    assert.deepEqual(
      out.map(({ address }) => address),
      [`${cluster.nodes.e1!.address}:7007`],
    );
  });

  it('is told of its peers, and others of its pool, where they see it', async () => {
    const { viewOf } = views();
    assert.deepEqual(
      viewOf('e1').peers?.echo?.map(({ name }) => name),
      ['e2', 'e3'],
    );
    assert.match(await written(viewOf('e1')), new RegExp(`^${peersText(['e2', 'e3'])}`));
    const addresses = viewOf('call').pools.flatMap(({ members }) => members);
    const lines = addresses.map(({ address }) => `call ${address}\n`).join('');
    assert.equal(lines.split('\n').length, 4);
    assert.equal(await written(viewOf('call')), lines);
    assert.equal(viewOf('core').peers, undefined);
    assert.deepEqual(viewOf('e1').pools, []);
  });

  it('tells each of its nodes where the others are, and nothing else of them', () => {
    const { viewOf } = views();
    const told = ['e2', 'e3'].map((id) => {
      return { id, name: cluster.nodes[id]!.name, address: cluster.nodes[id]!.address };
    });
    const { peers, document, busUsers, certificates, routes, warden } = viewOf('e1');
    assert.deepEqual(peers, { echo: told });
    assert.deepEqual(
      { document, busUsers, certificates, routes, warden },
      { document: null, busUsers: [], certificates: [], routes: [], warden: undefined },
    );
    const pending = { ...cluster.nodes.e3!, pendingUntil: NOW };
    const joining = { ...cluster, nodes: { ...cluster.nodes, e3: pending } };
    assert.deepEqual(views(NO_VERDICTS, joining).viewOf('e1').peers, { echo: [told[0]] });
  });

  it('has a secret of its own on each node, and one in common with all that have the role', async () => {
    const { viewOf } = views();
    const kept = stored();
    const told = await Promise.all(
      ['e1', 'e2'].map(async (id) => {
        const line = (await written(viewOf(id), kept)).split('\n').at(-1)!;
        return line.split(' ') as [string, string];
      }),
    );
    const [[own, cookie], [other, same]] = told as [[string, string], [string, string]];
    assert.match(`${own} ${other} ${cookie}`, /^\w{24} \w{24} \w{32}$/);
    assert.notEqual(own, other);
    assert.equal(cookie, same);
    const given = (id: string) => Object.values(secretsOf(viewOf(id), catalogue, kept).secrets);
    assert.deepEqual(given('call'), [], 'whoever does not have the role has none of them');
    assert.equal(isGrantable(catalogue, 'echo', ['echo'], false), true);
    const { missing } = secretsOf(viewOf('e1'), catalogue, { ...kept, 'role/echo/cookie': null });
    assert.deepEqual(missing, ['role/echo/cookie']);
  });

  it('may have every key that roles/EXAMPLE.yml explains, and no other', () => {
    const keys = new Set(keysOf(RoleFile));
    assert.ok(keys.has('version_file') && keys.has('per_cluster'));
    const unexplained = [...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(example));
    assert.deepEqual(unexplained, []);
    assert.equal(catalogue.roles.has('EXAMPLE'), false);
  });

  it('is given by an admin alone where it sees all the users of the bus, or the whole state', () => {
    const isGrantedWith = (sees: string): boolean => {
      const own = join(folder, 'roles/seer.yml');
      writeFileSync(own, `summary: Sees\nsees: [${sees}]\n`);
      try {
        return isGrantable(loadCatalogue(folder), 'seer', null, false);
      } finally {
        rmSync(own);
      }
    };
    assert.equal(isGrantedWith('pools/echoes'), true);
    assert.equal(isGrantedWith('users'), false);
    assert.equal(isGrantedWith('document'), false);
  });

  it('is refused where it sees what nobody serves, or serves a port that nothing listens on', () => {
    const wrong = join(folder, 'roles/wrong.yml');
    const says = (text: string): string => {
      writeFileSync(wrong, `summary: Wrong\n${text}\n`);
      try {
        loadCatalogue(folder);
        return 'nothing';
      } catch (error) {
        return JSON.stringify(error);
      } finally {
        rmSync(wrong);
      }
    };
    assert.match(says('sees: [pools/ecoes]'), /there is no pool 'ecoes', did you mean .*echoes/);
    assert.match(says('sees: [everything]'), /sees.*is not routes, certificates, peers/);
    assert.match(says('sees: [clients]'), /clients are of a pool/);
    assert.match(says('serves: { pool: wrongs, port: 7 }'), /no process of the role has that port/);
    assert.match(says('serves: { pool: echoes, port: 7 }'), /another role serves the pool/);
  });

  function peersText(ids: string[]): string {
    return ids.map((id) => `peer ${id} ${cluster.nodes[id]!.address}\n`).join('');
  }

  /** All that controllers keep, as it came to be: what is there when another node comes stays. */
  function stored(): Record<string, string> {
    const made = Object.keys(cluster.nodes).map((id) => roleSecrets(catalogue, cluster, id));
    return Object.assign({}, ...made.reverse());
  }

  /** The one file of the one process. */
  async function written(view: View, kept = stored()): Promise<string> {
    const spec = compileNode({
      ...{ view, catalogue, paths: pathsOf('/'), bootId: 'b' },
      secrets: secretsOf(view, catalogue, kept).secrets,
      programs: { 'echo/echo': '/usr/lib/echo/1/bin/echo' },
      ...{ render: await renderer(folder), kato: '/opt/kato/bin/kato' },
    });
    assert.deepEqual(spec.broken, []);
    const [process] = spec.processes.filter(({ config }) => config !== null);
    return process!.config!.files[0]!.content;
  }
});

/** Names of all keys that a schema has, however deep. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { entries = {}, ...parts } = schema as { entries?: object };
  const { wrapped, item, value, options, pipe } = parts as Record<string, unknown>;
  const inner = [wrapped, item, value, options, pipe].flat();
  return [...Object.keys(entries), ...[...Object.values(entries), ...inner].flatMap(keysOf)];
}
