import assert from 'node:assert/strict';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { NOW } from '../../support/clusters.ts';
import { until } from '../../support/until.ts';
import { INFO, type Machine, machine } from './kato.ts';

/** Clears the screen, sets the title, paints, turns the text around, begins a line of its own. */
const EVIL = 'x\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp\u2066\u2028\r\n! h1 is dead\x7f';
const TOLD = 'x\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202egnp\\u2066\\u2028\\r';
/** What kato itself sends to a terminal, besides the ends of lines. */
const COLOURS = [1, 2, 22, 31, 32, 33, 39].map((code) => `\x1b[${code}m`);
const BIDI = [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e];
const ISOLATES = [0x2066, 0x2067, 0x2068, 0x2069];

/** Whether a terminal acts on it instead of showing it. */
function isActedOn(character: string): boolean {
  const code = character.codePointAt(0)!;
  if (code === 0x0a) return false;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  return [...BIDI, ...ISOLATES, 0x2028, 0x2029].includes(code);
}

const NODE = {
  id: 'n2',
  name: EVIL,
  address: '10.0.0.2',
  state: 'active',
  lastSeen: 1,
  self: false,
  version: EVIL,
  appliedRevision: 1,
  zone: EVIL,
  roles: [{ name: EVIL, state: 'failed', stoppedBy: EVIL, processes: [] }],
};
const ANSWERS: Record<string, Json> = {
  status: {
    format: 1,
    cluster: { id: 'c1', endpoint: EVIL, core: EVIL, revision: 7 },
    warnings: [{ code: 'STEP_FAILED', message: EVIL, node: EVIL }],
    nodes: [NODE],
    pools: [{ name: EVIL, kind: 'route', members: [{ address: EVIL, state: 'out' }] }],
    unassigned: [EVIL],
  },
  'node.list': [{ ...NODE, admin: false, roles: [EVIL, 'router'] }],
  'node.info': {
    ...{ ...NODE, hostname: EVIL, admin: false, roles: [EVIL], available: [EVIL] },
    cluster: { id: EVIL, endpoint: EVIL },
  },
  'route.list': [{ route: EVIL, backends: [EVIL], sticky: false, announced: true }],
  'announcer.list': [
    {
      ...{ name: EVIL, key: 'U', hosts: [EVIL], accepted: 1 },
      refused: [{ reason: 'host', count: 2, example: EVIL, age: 3 }],
    },
  ],
  history: [
    {
      ...{ at: NOW, by: EVIL, operation: EVIL, outcome: EVIL, revision: 1 },
      params: { [EVIL]: EVIL, node: 'n2', deep: { [EVIL]: EVIL } },
    },
  ],
  'process.list': [
    {
      ...{ node: EVIL, stale: false },
      processes: { [EVIL]: { state: EVIL, pid: 1, since: NOW, held: false } },
    },
  ],
  'token.list': [
    {
      ...{ id: EVIL, state: EVIL, roles: [EVIL], admin: false, usesLeft: 1 },
      ...{ createdAt: NOW, expiresAt: NOW },
    },
  ],
  'config.get': { router: { text: EVIL } },
  'certificate.list': [{ domain: EVIL, chain: EVIL, notAfter: NOW }],
};
const COMMANDS = [
  ...['status', 'check', 'check --format nagios', 'check --format prometheus', 'node list'],
  ...['info', 'route list', 'route announcer list', 'history', 'process list', 'token list'],
  ...['config get', 'config get --flat', 'op custom_ssl_cert list', 'role info router'],
];

describe('a cluster in which somebody has hostile names, at a terminal', () => {
  let here: Machine;
  beforeEach(async () => {
    here = await machine({ agent: true });
    for (const [operation, answer] of Object.entries(ANSWERS)) {
      here.answers[operation] = () => answer;
    }
    await here.type('mkdir -p $KATO_ROOT/var/lib/kato/state');
  });
  afterEach(() => here.end());

  const env = 'TERM=xterm COLORTERM=truecolor';
  /** As a person sees it: stdout and stderr are one terminal. */
  async function seen(line: string): Promise<string> {
    const { stdout } = await here.type(`script -qec "stty cols 200; ${env} ${line}" /dev/null`);
    return stdout.replaceAll('\r\n', '\n');
  }
  function assertHarmless(text: string, what: string): void {
    const rest = COLOURS.reduce((left, colour) => left.replaceAll(colour, ''), text);
    const at = [...rest].findIndex(isActedOn);
    assert.equal(at, -1, `${what}: ${JSON.stringify(rest.slice(Math.max(0, at - 40), at + 20))}`);
  }

  for (const command of COMMANDS) {
    it(`is shown as it is by kato ${command}`, async () => {
      const text = await seen(`kato ${command}`);
      assertHarmless(text, command);
      // Prometheus has escapes of its own around them.
      assert.ok(text.replaceAll('\\\\', '\\').includes(TOLD), text);
      assert.doesNotMatch(text, /^! h1 is dead/m, 'no line is forged');
    });
  }

  it('is shown as it is while the status is watched, in colours', async () => {
    const sized = `stty rows 40 cols 100; ${env} kato status --watch`;
    const { stdout } = await here.type(`timeout 2 script -qec "${sized}" /dev/null; true`);
    const screen = stdout.replaceAll('\r\n', '\n');
    assert.ok(screen.includes('\x1b[33m! x\\x1b'), JSON.stringify(screen));
    assertNoEvil(screen);
  });

  it('is the same value in JSON, which may be looked at, too', async () => {
    for (const [command, operation] of [
      ['status', 'status'],
      ['route list', 'route.list'],
      ['history', 'history'],
    ] as const) {
      const text = await seen(`kato ${command} --json`);
      assertHarmless(text, command);
      assert.deepEqual(JSON.parse(text), ANSWERS[operation]);
    }
  });

  it('is shown as it is by errors, steps and questions', async () => {
    here.answers['route.add'] = () => {
      throw new KatoError({ code: 'FAILED', message: EVIL, why: EVIL, next: EVIL });
    };
    const { stdout: error } = await here.type('kato route add a.example.com 10.0.0.9:80 2>&1');
    assertHarmless(error, 'an error');
    assert.ok(error.includes(TOLD), error);

    const step = { kind: EVIL, process: EVIL, ms: 1, failed: false };
    const failure = { kind: 'start', process: EVIL, code: 'ROLE_FAILED', message: EVIL, why: EVIL };
    const node = { node: EVIL, id: 'n2', state: 'active', done: true };
    here.answers['role.add'] = () => {
      const result = { node: EVIL, added: [EVIL], removed: [], already: [] };
      return { result, revision: 8, touched: ['n2'], changed: true };
    };
    here.answers.progress = () => [{ ...node, steps: [step], failures: [failure] }];
    const lines = await here.type('kato role add -n web redis 2>&1');
    assertHarmless(lines.stdout, 'a step');
    assert.ok(lines.stdout.includes(TOLD), lines.stdout);
    assertNoEvil(await seen('kato role add -n web redis'));

    here.answers['agent.info'] = () => ({ ...INFO, cluster: { ...INFO.cluster, endpoint: EVIL } });
    here.answers['node.list'] = () => [{ ...NODE, id: INFO.node.id, roles: ['primary'] }];
    here.answers['node.info'] = () => ({ ...NODE, roles: ['primary'] });
    const question = `script -qec "${env} kato node detach" /dev/null`;
    const asked = await here.type(`echo n | ${question}`);
    assert.match(asked.stdout, /This ends the cluster x/);
    assertNoEvil(asked.stdout);
  });

  /** Where the lists of phases and the questions send sequences of their own. */
  function assertNoEvil(text: string): void {
    assert.ok(text.includes('x\\x1b[2J\\x1b]0;owned'), text);
    for (const part of ['\x1b[2J', '\x1b]0;', '\x9b', '\u202e', '\u2066', '\x07']) {
      assert.ok(!text.includes(part), JSON.stringify(text));
    }
  }

  it('is shown as it is in the log of an agent', async () => {
    const root = 'export KATO_ROOT=$(mktemp -d); mkdir -p $KATO_ROOT/var/lib/kato/state';
    const core = { address: EVIL, port: 4222 };
    const identity = JSON.stringify({ format: 1, nodeId: 'n1', name: EVIL, address: EVIL, core });
    const file = `cat > $KATO_ROOT/var/lib/kato/state/identity.json <<'END'\n${identity}\nEND`;
    const running = here.type(`${root}\n${file}\ntimeout 3 kato agent 2>&1; true`);
    const { stdout } = await running;
    await until(() => stdout.length > 0, { what: 'it says something', seconds: 1 });
    assertHarmless(stdout, 'the log');
    assert.ok(stdout.includes(TOLD), stdout);
  });
});
