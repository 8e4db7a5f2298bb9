import { standingOf } from '../../domain/standing.ts';
import type { Host } from '../../operations/local/host.ts';
import { home, ownHost } from '../home.ts';
import { Command } from '../oclif.ts';
import { note } from '../output.ts';
import { untilTerminated } from '../signals.ts';

/** What the service `agent` runs. People have no use for it. */
export default class Agent extends Command {
  static override hidden = true;
  static override summary = 'Run the agent of this node.';

  override async run(): Promise<void> {
    await this.parse(Agent);
    const [host, { runAgent }, { renderer }, { readIdentity }, { bootId }, { whereabouts }] =
      await Promise.all([
        ownHost(),
        import('../../agent/agent.ts'),
        import('../../catalog/renderer.ts'),
        import('../../machine/ledger.ts'),
        import('../../machine/supervision.ts'),
        import('../../operations/local/whereabouts.ts'),
      ]);
    const { paths, catalogue, kato } = host;
    await settleIn(host).catch((error: unknown) =>
      note(`this node is not as it should be: ${error}`),
    );
    const identity = await readIdentity(paths);
    if (identity === null) return note('this machine is no node of a cluster');
    const context = {
      paths,
      catalogue,
      render: await renderer(home()),
      kato,
      bootId: (await bootId(paths)) ?? '',
    };
    await untilTerminated(async (signal) => {
      const isElsewhere = async () => standingOf(identity, await whereabouts()) !== 'home';
      await whileClone(isElsewhere, identity.address, signal);
      if (!signal.aborted) await runAgent(context, identity, note, signal);
    });
  }
}

/** What an older kato left is made as this one has it; where that fails, the node is served all the same. */
async function settleIn(host: Host): Promise<void> {
  const [{ refreshAgent }, { tightenFolders }] = await Promise.all([
    import('../../operations/local/host.ts'),
    import('../../machine/private-folders.ts'),
  ]);
  await tightenFolders(host.paths);
  await refreshAgent(host);
}

const LOOK_AGAIN_MS = 2000;

/** A copy of another node's disk must not speak for it; nor may a node whose address is gone. */
async function whileClone(
  isOther: () => Promise<boolean>,
  address: string,
  signal: AbortSignal,
): Promise<void> {
  const { setTimeout: pause } = await import('node:timers/promises');
  for (let said = false; !signal.aborted && (await isOther()); said = true) {
    if (!said) {
      note(`this machine does not have the address ${address} of its node: waiting for it.`);
      note('is it a clone? then give it an identity of its own: kato node attach CORE_IP');
    }
    await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}
