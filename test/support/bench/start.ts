import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serveSockets } from '../../../src/agent/doors/sockets.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { CHECKOUT } from '../lab/store.ts';
import { nodeStatus, statusWith } from '../statuses.ts';
import { atMost, type Part, row } from './row.ts';
import { median, type Samples, spread, timeHere } from './samples.ts';

const RUNS = 25;
const KATO = `${CHECKOUT}/bin/kato`;
const NODE = `${CHECKOUT}/runtime/bin/node`;

/** Commands of each kind; those that ask find an agent that answers at once. */
const COMMANDS = ['status', 'node list', 'role info redis', 'token list', 'completion bash'];

const NODES = ['h1', 'h2', 'h3'];
const ANSWERS: Record<string, Json> = {
  status: statusWith() as unknown as Json,
  'node.list': NODES.map((name) => nodeStatus(name)) as unknown as Json,
  'token.list': [],
};

/** What a shell runs when Tab is pressed where a name belongs that the agent knows. */
const TAB = ['complete', '--', 'node', 'remove', ''];

/** How long a command takes that has next to nothing to do. */
export const start: Part = async (tell) => {
  tell('start: the same few commands over and over');
  const root = mkdtempSync(join(tmpdir(), 'kato-bench-'));
  const sockets = await serveSockets(pathsOf(root), async ({ operation }) => {
    return ANSWERS[operation] ?? null;
  });
  const child = { ...process.env, KATO_ROOT: root };
  try {
    await checkOffered(child);
    const commands = [
      { argv: [NODE, '-e', '0'] },
      { argv: [KATO, '--version'] },
      { argv: [KATO, '--help'] },
      { argv: [KATO, ...TAB] },
      ...COMMANDS.map((words) => ({ argv: [KATO, ...words.split(' ')] })),
    ];
    const times = await timeHere({ runs: RUNS, commands }, child);
    const [node, version, help, tab, ...others] = times as [
      ...[Samples, Samples, Samples, Samples],
      ...Samples[],
    ];
    const ratio = (samples: Samples): number => median(samples) / median(node);
    return [
      row('`node -e 0`', median(node), ' ms', null, spread(node)),
      row('`kato --version`', median(version), ' ms', atMost(10, ' ms'), spread(version)),
      ...COMMANDS.map((words, i) =>
        row(
          `\`kato ${words}\` / \`node -e 0\``,
          ratio(others[i]!),
          '',
          atMost(2),
          spread(others[i]!),
        ),
      ),
      // 60 ms where Node itself takes 20.
      row('Tab after `kato node remove ` / `node -e 0`', ratio(tab), '', atMost(3), spread(tab)),
      row('`kato --help` / `node -e 0`', ratio(help), '', null, spread(help)),
    ];
  } finally {
    sockets.close();
    rmSync(root, { recursive: true });
  }
};

/** Who finds no names is quick. */
async function checkOffered(env: NodeJS.ProcessEnv): Promise<void> {
  const { stdout } = await promisify(execFile)(KATO, TAB, { env });
  const offered = stdout.split('\n').slice(0, -1);
  assert.deepEqual(
    offered.map((line) => line.split(/\s/)[0]),
    NODES,
  );
}
