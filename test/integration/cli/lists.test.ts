import assert from 'node:assert/strict';
import { createIdentity } from '../../../src/bus/identity.ts';
import { encodeJoinToken } from '../../../src/bus/joining/join-token.ts';
import { allDefinitions } from '../../../src/cli/framework/config.ts';
import { wordsIn } from '../../../src/domain/base/names.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { makeClusterAuthority } from '../../../src/machine/certificates.ts';
import { INFO, type Machine, machine } from './kato.ts';

/** A command that takes several names, as its code says, and where they end up. */
interface Taker {
  /** What is typed before them. */
  line: string;
  names: [string, string];
  /** What they have become: in what the agent was asked, or in what is printed. */
  becomes(params: Record<string, Json>, printed: string): unknown;
}

const ROLES: [string, string] = ['redis', 'memcached'];
const BACKENDS: [string, string] = ['10.0.0.7:8080', '10.0.0.8:8080'];
const NETWORKS: [string, string] = ['10.1.0.0/16', '10.2.0.0/16'];
const TOKEN = encodeJoinToken({
  ...{ address: '127.0.0.1', port: 1, fingerprint: 'f'.repeat(64), clusterId: 'c1' },
  ...{ seed: createIdentity().seed, id: 'token001', secret: 'secret' },
});

const TAKERS: Record<string, Taker> = {
  'role add ROLES': taker('role add', ROLES, 'roles'),
  'role remove ROLES': taker('role remove', ROLES, 'roles'),
  'role info ROLES': {
    ...taker('role info', ['redis', 'router'], ''),
    becomes: (_, printed) => (JSON.parse(printed) as { name: string }[]).map(({ name }) => name),
  },
  'start ROLES': taker('start', ROLES, 'roles'),
  'stop ROLES': taker('stop', ROLES, 'roles'),
  'restart ROLES': taker('restart', ROLES, 'roles'),
  'process start PROCESSES': taker('process start', ROLES, 'processes'),
  'process stop PROCESSES': taker('process stop', ROLES, 'processes'),
  'process restart PROCESSES': taker('process restart', ROLES, 'processes'),
  'process list PROCESSES': {
    ...taker('process list', ROLES, ''),
    becomes: (_, printed) => Object.keys(JSON.parse(printed)[0].processes),
  },
  'node remove NODE': taker('node remove', ['web', 'data-1'], 'nodes'),
  'node setup load_balancer IP': taker(
    'node setup load_balancer',
    ['10.0.0.2', '10.0.0.3'],
    'addresses',
  ),
  'node attach --enable': {
    line: `node attach --address 127.0.0.1 --token ${TOKEN} --enable`,
    names: ['redis', 'nosuch'],
    // The one that there is says nothing.
    becomes: (_, printed) => ['redis', /there is no role '([^']*)'/.exec(printed)?.[1]],
  },
  'token create --roles': taker('token create --roles', ROLES, 'roles'),
  'route add BACKENDS': taker('route add shop.example.com', BACKENDS, 'backends'),
  'route remove BACKENDS': taker('route remove shop.example.com', BACKENDS, 'backends'),
  'route announcer add --host': taker(
    'route announcer add shop --host',
    ['shop.example.com', '*.shop.example.com'],
    'hosts',
  ),
  'config push VALUE': inOneText('config push load_balancer trusted_proxies'),
  'config pop VALUE': inOneText('config pop load_balancer trusted_proxies'),
  'config set VALUE': inOneText('config set load_balancer trusted_proxies'),
};
/** An empty text is a value, and an empty list. */
const MAY_BE_EMPTY = 'config set VALUE';

function taker(line: string, names: Taker['names'], param: string): Taker {
  return { line, names, becomes: (params) => params[param] };
}

/** A setting is one text to commands: what is a list in it comes apart in the cluster. */
function inOneText(line: string): Taker {
  return { line, names: NETWORKS, becomes: ({ value }) => wordsIn(String(value)) };
}

describe('several names', () => {
  let here: Machine;

  before(async () => {
    here = await machine({ agent: true });
    const { certificate } = await makeClusterAuthority('c1');
    const info = { ...INFO, cluster: { ...INFO.cluster, ca: certificate } };
    const changed = { result: { roles: [] }, revision: 8, touched: [], changed: true };
    const processes = Object.fromEntries(['redis', 'nginx', 'memcached'].map((name) => [name, {}]));
    here.answers = Object.assign(here.answers, {
      'agent.info': () => info,
      'process.list': () => [{ node: 'core', processes }],
      'node.list': () => [],
      ...Object.fromEntries(CHANGES.map((operation) => [operation, () => changed as Json])),
    });
  });
  after(() => here.end());

  it('are tested for all that takes several', async () => {
    const takers = (await allDefinitions()).flatMap(({ id, args, flags }) => [
      ...several(args).map((name) => `${id.replaceAll(':', ' ')} ${name.toUpperCase()}`),
      ...several(flags).map((name) => `${id.replaceAll(':', ' ')} --${name}`),
    ]);
    assert.deepEqual(Object.keys(TAKERS).sort(), takers.sort());
  });

  for (const [what, { line, names, becomes }] of Object.entries(TAKERS)) {
    const [one, other] = names.map((name) => `'${name}'`) as [string, string];
    const flag = /--\S+$/.exec(line)?.[0] ?? '';

    it(`of ${what} are joined by spaces and by commas`, async () => {
      const joined = [`${one} ${flag} ${other}`, `'${names.join(',')}'`, `'${names.join(' ')}'`];
      for (const typed of [...joined, `' ${names.join(', ')},'`]) {
        here.asked.length = 0;
        const { stdout } = await here.type(`kato ${line} ${typed} --json`);
        const params = (here.asked.at(-1)?.params ?? {}) as Record<string, Json>;
        assert.deepEqual(becomes(params, stdout), names, `${typed}: ${stdout}`);
      }
    });

    if (what === MAY_BE_EMPTY) continue;
    it(`of ${what} are none in an empty word, which is refused`, async () => {
      for (const typed of ["''", "' '", "','", `${one} ${flag} ''`]) {
        here.asked.length = 0;
        const { exitCode, stderr } = await here.type(`kato ${line} ${typed}`);
        const command = what.slice(0, what.lastIndexOf(' '));
        const wanted = what.slice(command.length + 1);
        const [message, why] = stderr.split('\n');
        assert.equal(
          message,
          `kato: ${flag === '' ? `kato ${command} needs ${wanted}` : `${flag} needs a value`}`,
        );
        assert.equal(why, '  why:  a word is empty, as from an empty variable');
        assert.deepEqual([exitCode, here.asked], [2, []]);
      }
    });
  }

  it('are no value of a setting where that is one text', async () => {
    await here.type("kato config set cluster endpoint ''");
    assert.equal((here.asked.at(-1)!.params as { value: string }).value, '');
  });
});

const CHANGES = [
  ...['role.add', 'role.remove', 'role.switch', 'process.switch', 'node.remove', 'config.set'],
  ...['node.setup-load-balancer', 'token.create', 'route.add', 'route.remove', 'announcer.add'],
];

function several(takers: Readonly<Record<string, { multiple?: boolean }>>): string[] {
  return Object.keys(takers).filter((name) => takers[name]!.multiple === true);
}
