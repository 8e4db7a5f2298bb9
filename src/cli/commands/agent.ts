import type { Host } from '../../operations/local/host.ts';
import { home, ownHost } from '../framework/home.ts';
import { Command } from '../framework/oclif.ts';
import { untilTerminated } from '../framework/signals.ts';
import { note } from '../output.ts';

/** What the service `agent` runs. People have no use for it. */
export default class Agent extends Command {
  static override hidden = true;
  static override summary = 'Run the agent of this node.';

  override async run(): Promise<void> {
    await this.parse(Agent);
    const [host, { liveAgent }, { renderer }, { bootId }] = await Promise.all([
      ownHost(),
      import('../../agent/life.ts'),
      import('../../catalog/renderer.ts'),
      import('../../machine/s6/supervision.ts'),
    ]);
    const { paths, catalogue, kato } = host;
    await settleIn(host).catch((error: unknown) =>
      note(`this node is not as it should be: ${error}`),
    );
    const context = {
      paths,
      catalogue,
      render: await renderer(home()),
      kato,
      bootId: (await bootId(paths)) ?? '',
    };
    await untilTerminated((signal) => liveAgent(context, note, signal));
  }
}

/** What an older kato left is made as this one has it; where that fails, the node is served all the same. */
async function settleIn(host: Host): Promise<void> {
  const [{ refreshAgent }, { tightenFolders }] = await Promise.all([
    import('../../operations/local/host.ts'),
    import('../../machine/disk/private-folders.ts'),
  ]);
  await tightenFolders(host.paths);
  await refreshAgent(host);
}
