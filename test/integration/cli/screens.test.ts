import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { assertGolden } from '../../support/golden.ts';
import { SHOWN_HISTORY, SHOWN_NODES, SHOWN_STATUS } from '../../support/shown.ts';
import { type Terminal, terminal } from '../../support/terminal.ts';
import { type Machine, machine } from './kato.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const WIDTHS = [40, 80, 100];
const DAY_MS = 86_400_000;

/** Of a shell: it can be copied, and kato does not break it. */
const ONE_WORD = /^ *(\S+|\S+=\$\(.*\))$/;

/** File of the golden screens, and what is typed. */
const TYPED: readonly [string, string][] = [
  ['status', 'kato status'],
  ['history', 'kato history'],
  ['check', 'kato check'],
  ['node-list', 'kato node list'],
  ['role-info', 'kato role info'],
  ['role-info-memcached', 'kato role info memcached'],
  ['error', 'kato role add --onyl'],
  ['error-of-a-controller', 'kato role add load_balancer'],
  ['help', 'kato help'],
  ['help-command', 'kato token create --help'],
];

function showEverything({ env, answers }: Machine): void {
  mkdirSync(join(env.KATO_ROOT!, 'var/lib/kato/state'), { recursive: true });
  answers.status = () => SHOWN_STATUS as unknown as Json;
  answers.history = () => SHOWN_HISTORY;
  answers['node.list'] = () => SHOWN_NODES as unknown as Json;
  const notAfter = new Date(Date.now() + 19.5 * DAY_MS).toISOString();
  answers['role.add'] = () => {
    throw refuse(
      'ROLE_EXCLUDED',
      "the roles 'load_balancer' and 'router' cannot share a node",
      "a node with 'load_balancer' has no other role",
      "give 'router' to another node, or remove 'load_balancer' first: kato role remove -n h5 load_balancer",
    );
  };
  answers['certificate.list'] = () => [{ domain: 'shop.example.com', notAfter }];
}

describe('what kato shows in a real terminal', () => {
  let here: Machine;
  const terminals: [number, Terminal][] = [];
  before(async () => {
    here = await machine({ agent: true });
    showEverything(here);
    for (const columns of WIDTHS) {
      const command = ['bash', '--norc'];
      const env = { ...here.env, PS1: '$ ' };
      terminals.push([columns, terminal({ columns, rows: 70, command, env })]);
    }
  });
  after(() => {
    for (const [, one] of terminals) one.close();
    here.end();
  });

  for (const [name, line] of TYPED) {
    it(`has ${WIDTHS.join(', ')} columns, colours, and a clean prompt below: ${line}`, async () => {
      let screens = '';
      for (const [columns, one] of terminals) {
        one.type('clear');
        one.press('Enter');
        await one.shows(/^\$\n$/);
        one.type(`clear; ${line}; echo "exit code $?"`);
        one.press('Enter');
        await one.shows(/^exit code \d+\n\$\n$/m);
        const rule = `-- ${columns} columns ${'-'.repeat(columns - 15)}`.slice(0, columns);
        screens += `${rule}\n${withoutFacts(one.painted())}`;
        const broken = one.broken().filter((row) => !ONE_WORD.test(row));
        assert.deepEqual(broken, [], `at ${columns} columns`);
      }
      assertGolden(join(GOLDEN, `${name}.txt`), screens);
    });
  }
});

/** What differs from machine to machine. */
function withoutFacts(text: string): string {
  return text.replace(/\d+ % of/, 'NN % of').replace(/kato\/\d\S+ \S+ \S+/, 'kato/VERSION');
}
