import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SocketRequest, serveSockets } from '../../../src/agent/doors/sockets.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { type Result, type Running, run, spawnRunning } from '../../support/lab/command.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';

const BIN = join(import.meta.dirname, '../../../bin');
const PATH = `${BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** bin/kato on a machine of its own, with an agent that answers what the test says. */
export interface Machine {
  /** For a program that the test starts itself. */
  env: Record<string, string>;
  /** What the agent was asked so far. */
  asked: SocketRequest[];
  /** By operation: how the agent answers from now on. */
  answers: Record<string, (params: Json, request: SocketRequest) => Json | Promise<Json>>;
  kato(...argv: string[]): Promise<Result>;
  /** As typed into a shell. */
  type(line: string): Promise<Result>;
  start(...argv: string[]): Running;
  end(): void;
}

/** `agent: false` is a machine on which no agent runs; `program` is what is run instead of bin/kato. */
export async function machine({
  agent,
  program = [join(BIN, 'kato')],
}: {
  agent: boolean;
  program?: string[];
}): Promise<Machine> {
  const root = mkdtempSync(join(tmpdir(), 'kato-cli-'));
  const asked: SocketRequest[] = [];
  const answers: Machine['answers'] = { 'agent.info': () => INFO };
  const server = agent ? await serveSockets(pathsOf(root), answer) : undefined;
  const env = { KATO_ROOT: root, PATH, TZ: 'UTC' };
  const entry = (argv: string[]) => ({ argv, env, wrapped: false });
  return {
    env,
    asked,
    answers,
    kato: (...argv) => run(entry([...program, ...argv]), {}),
    type: (line) => run(entry(['bash', '--norc', '-c', line]), {}),
    start: (...argv) => spawnRunning(entry([...program, ...argv]), {}),
    end: () => {
      server?.close();
      rmSync(root, { recursive: true });
    },
  };

  async function answer(request: SocketRequest): Promise<Json> {
    asked.push(request);
    const how = answers[request.operation];
    if (how === undefined) throw new Error(`the test did not expect ${request.operation}`);
    return how(request.params, request);
  }
}

/** What the agent of such a machine says about itself. */
export const INFO = {
  node: { id: 'n1', name: 'core', address: '10.0.0.1' },
  admin: true,
  cluster: {
    id: 'c1',
    endpoint: 'api.example.com',
    core: { address: '10.0.0.1', port: 4222 },
    ca: '',
  },
  version: '0.1.0',
  connected: true,
  reason: null,
  revision: 7,
};

const CORE = nodeStatus('core', {
  self: true,
  lastSeen: 0,
  roles: [{ name: 'base', state: 'running', processes: [] }],
});
export const STATUS = statusWith({ nodes: [CORE] }) as unknown as Json;
