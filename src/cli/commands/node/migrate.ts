import { isIPv4 } from 'node:net';
import { refuse } from '../../../domain/base/error.ts';
import type { Migrated } from '../../../domain/nodes/migrate.ts';
import { hasGone } from '../../../domain/telling/status.ts';
import type { Phase } from '../../../operations/local/phases.ts';
import type { ListedNode } from '../../../operations/nodes.ts';
import {
  ChangeCommand,
  type Changed,
  changed,
  type Request,
  sayNotAwaited,
  written,
} from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { createVoice, showPhases, type Voice } from '../../session/progress.ts';
import { ask } from '../../session/session.ts';

export default class NodeMigrate extends ChangeCommand<Migrated> {
  static override summary = 'Tell the cluster the new address of a node.';
  static override description =
    'The machine must have the new address already. It reports that by itself, and kato status shows it.\n' +
    'The node keeps its roles and data; what listens on its address follows. A core keeps its address.';
  static override examples = ['<%= config.bin %> <%= command.id %> 10.0.0.3 10.0.0.9'];
  static override args = {
    old: word({
      names: 'address',
      required: true,
      description: 'The address that the cluster knows.',
    }),
    new: word({ required: true, description: 'The address that the machine has.' }),
  };
  static override flags = {
    force: Flags.boolean({
      char: 'f',
      default: false,
      summary: 'Migrate even if no machine has said that it is the node at that address.',
    }),
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(NodeMigrate);
    const params = { node: args.old, address: args.new, force: flags.force };
    return { operation: 'node.migrate', params };
  }

  protected override async perform(): Promise<Changed<Migrated>> {
    const { args, flags } = await this.parse(NodeMigrate);
    const before = await migratedBefore(args.old, args.new);
    if (before !== null) return before;
    const done = await written(await this.request());
    const { isThere, id } = done.result as unknown as Migrated;
    if (flags.wait && isThere && done.touched.length > 0) {
      const voice = createVoice();
      const { revision, touched } = done;
      const wanted = { id, nodes: touched, revision, timeoutMs: flags.timeout * 1000 };
      await showPhases(RETURN, { ...wanted, voice }, voice);
    }
    if (!flags.wait) sayNotAwaited(done);
    return changed<Migrated>(done);
  }

  protected say({ node, to, isThere, balancers, routes }: Migrated): readonly string[] {
    const pinned = balancers.map((name) => `${name} sends requests to it at ${to} from now on`);
    const old = routes.map((route) => `the route ${route} still leads to the old address`);
    const hint = isThere ? [] : ['', 'it goes on when its machine runs and has that address'];
    return [`${node} is at ${to}`, ...pinned, ...old, ...hint];
  }
}

/**
 * A migration that was done before: nobody is at the old address, and a machine at the new one says that
 * it has it. Where none says so the addresses may have been exchanged by mistake.
 */
async function migratedBefore(from: string, to: string): Promise<Changed<Migrated> | null> {
  const nodes = isIPv4(from) ? await ask<ListedNode[]>('node.list', {}) : [];
  const node = nodes.find(({ address, roles }) => address === to && !roles.includes('primary'));
  if (node === undefined || nodes.some(({ address }) => address === from)) return null;
  const params = { node: node.id, address: to, force: false };
  const so = changed<Migrated>(await written({ operation: 'node.migrate', params }));
  return so.result.isThere ? so : null;
}

interface Return {
  id: string;
  /** It, and load balancers that were given its address by a person. */
  nodes: readonly string[];
  revision: number;
  voice: Voice;
  timeoutMs: number;
}

const RETURN: readonly Phase<Return>[] = [
  { name: 'return', title: 'Wait to hear from the node', run: untilHeard },
  { name: 'follow', title: 'Wait until the nodes have followed', run: untilDone },
];

const LOOK_EVERY_MS = 200;

/** As far as the cluster knew it was dead or had left; wait for it all the same. */
async function untilHeard({ id, timeoutMs }: Return): Promise<void> {
  const { setTimeout: pause } = await import('node:timers/promises');
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const nodes = await ask<ListedNode[]>('node.list', {});
    const node = nodes.find((one) => one.id === id);
    if (node === undefined || !hasGone(node.state)) return;
    if (performance.now() > deadline) throw notHeard(node, timeoutMs);
    await pause(LOOK_EVERY_MS);
  }
}

async function untilDone({ nodes, revision, voice, timeoutMs }: Return): Promise<void> {
  const { followNodes } = await import('../../session/follow.ts');
  await followNodes({ nodes, revision, timeoutMs }, (line) => voice.say(line));
}

function notHeard({ name, address }: ListedNode, timeoutMs: number) {
  return refuse(
    'NODE_UNREACHABLE',
    `the change is written, but ${name} has not been heard within ${timeoutMs / 1000} s`,
    'it goes on when its machine runs and reaches the core',
    `check its agent at ${address}: kato status there`,
  );
}
