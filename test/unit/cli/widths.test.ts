import assert from 'node:assert/strict';
import { join } from 'node:path';
import { widthOf } from '../../../src/cli/input/terminal.ts';
import { checkTextLines } from '../../../src/cli/render/checks.ts';
import { failureLines } from '../../../src/cli/render/failure.ts';
import { historyLines } from '../../../src/cli/render/history.ts';
import { processLines } from '../../../src/cli/render/processes.ts';
import { type RoleInfo, roleInfoLines } from '../../../src/cli/render/role-info.ts';
import { routeListLines } from '../../../src/cli/render/routes.ts';
import { statusLines } from '../../../src/cli/render/status.ts';
import { PLAIN } from '../../../src/cli/render/text/style.ts';
import { table, wrap } from '../../../src/cli/render/text/table.ts';
import { tokenListLines } from '../../../src/cli/render/token.ts';
import { NOW } from '../../support/clusters.ts';
import { assertGolden } from '../../support/golden.ts';
import { SHOWN_CHECKS, SHOWN_HISTORY, SHOWN_STATUS } from '../../support/shown.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const WIDTHS = [40, 80, 100];

describe('the width of what is printed', () => {
  it('is that of the terminal, but never more than 100 columns or less than 40', () => {
    const widths = [20, 40, 72, 100, 250].map((columns) => widthOf({ isTTY: true, columns }));
    assert.deepEqual(widths, [40, 40, 72, 100, 100]);
  });

  it('is 100 for a program that reads it, whatever it was started in', () => {
    assert.deepEqual([widthOf({}), widthOf({ isTTY: false, columns: 60 })], [100, 100]);
  });

  it('is 80 on a console that does not know its own', () => {
    assert.equal(widthOf({ isTTY: true, columns: 0 }), 80);
  });
});

/** Made up, so that no golden file changes with the catalogue. */
const ROLE: RoleInfo = {
  name: 'router',
  summary: 'Leads host names to the backends of their routes, and answers for those that have none',
  given: 'add',
  needs: ['controller'],
  excludes: [],
  perCluster: { min: 1, max: null },
  processes: ['router'],
  ports: [
    { port: 80, protocol: 'tcp', purpose: 'HTTP' },
    { port: 443, protocol: 'tcp', purpose: 'HTTPS' },
  ],
  settings: ['http_port', 'https_port', 'max_body_size', 'client_timeout', 'backend_timeout'],
  nodes: ['h1', 'router-in-frankfurt-2'],
};
const OTHER_ROLE: RoleInfo = { ...ROLE, name: 'cache', summary: 'A cache', nodes: null };

const SHOWN: Record<string, (width: number) => string[]> = {
  status: (width) =>
    statusLines({ ...SHOWN_STATUS, unassigned: ['redis', 'memcached'] }, PLAIN, width),
  history: (width) => historyLines(SHOWN_HISTORY, width, new Map([['n-h3', 'h3']])),
  check: (width) => checkTextLines(SHOWN_CHECKS, PLAIN, width),
  roles: (width) => roleInfoLines([ROLE, OTHER_ROLE], width),
  role: (width) => roleInfoLines([ROLE], width),
  processes: (width) =>
    processLines(
      ['h1', 'router-in-frankfurt-2'].map((node) => ({
        node,
        id: node,
        address: '10.78.2.1',
        stale: node !== 'h1',
        processes: { router: { state: 'RUNNING', pid: 4711, since: NOW, held: node !== 'h1' } },
      })),
      width,
    ),
  routes: (width) => {
    const backends = [1, 2, 3, 4].map((i) => `10.78.2.5:800${i}`);
    const route = 'shop.example.com/with/a/long/path';
    return routeListLines([{ route, backends, sticky: true, announced: true }], width);
  },
  tokens: (width) => {
    const token = { admin: true, usesLeft: 20, createdAt: NOW, expiresAt: NOW } as const;
    return tokenListLines([{ ...token, id: 'k3m9x2qa', state: 'usable', roles: null }], width);
  },
  failure: (width) =>
    failureLines(
      {
        code: 'ROLE_EXCLUDED',
        message: "the roles 'load_balancer' and 'router' cannot share a node",
        why: "a node with 'load_balancer' has no other role",
        next: "give 'router' to another node, or remove 'load_balancer' first: kato role remove -n h5 load_balancer",
      },
      width,
    ),
};

describe('what a person reads in terminals of 40, 80 and 100 columns', () => {
  const zone = process.env.TZ;
  before(() => {
    process.env.TZ = 'UTC';
  });
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  for (const [what, linesAt] of Object.entries(SHOWN)) {
    it(`is as the golden file shows it: ${what}`, () => {
      const pages = WIDTHS.map((width) => {
        const lines = linesAt(width);
        // Only a word that is too long for a line of its own goes on beyond it.
        const wide = lines.filter((line) => line.length > width && line.trim().includes(' '));
        assert.deepEqual(wide, [], `${width} columns`);
        return [`-- ${width} columns ${'-'.repeat(width - 15)}`.slice(0, width), ...lines];
      });
      assertGolden(join(GOLDEN, `${what}.txt`), `${pages.flat().join('\n')}\n`);
    });
  }
});

describe('a table', () => {
  const rows = [
    ['name', 'state', 'roles'],
    ['one', 'active', 'base router redis memcached'],
  ];

  it('whose last column has no room puts it below its row', () => {
    assert.deepEqual(table(rows, 30), [
      'name  state',
      '    roles',
      'one   active',
      '    base router redis',
      '    memcached',
    ]);
  });

  it('whose other columns have no room lets cells follow each other', () => {
    assert.deepEqual(table([...rows, ['a-long-name', 'unknown', '']], 17), [
      'name  state',
      '    roles',
      'one  active',
      '    base router',
      '    redis',
      '    memcached',
      'a-long-name',
      '    unknown',
    ]);
  });

  it('keeps a short last column beside the others, however little room there is', () => {
    assert.deepEqual(table([['controller on h1', '0.1.0']], 24), ['controller on h1  0.1.0']);
  });

  it('breaks a list that is one word after a comma, and no other word', () => {
    assert.deepEqual(wrap('a b=10.0.0.1:80,10.0.0.2:80', 14), [
      'a',
      'b=10.0.0.1:80,',
      '10.0.0.2:80',
    ]);
    assert.deepEqual(wrap('a /a/path/that/is/long b', 10), ['a', '/a/path/that/is/long', 'b']);
  });
});
