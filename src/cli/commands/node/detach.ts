import { isAway, KatoError, refuse } from '../../../domain/base/error.ts';
import type { Phase } from '../../../operations/local/phases.ts';
import type { ListedNode } from '../../../operations/nodes.ts';
import { KatoCommand } from '../../framework/command.ts';
import { ownHost } from '../../framework/home.ts';
import { Flags } from '../../framework/oclif.ts';
import { askYesNo, onTerminal } from '../../input/prompt.ts';
import { createVoice, showPhases } from '../../session/progress.ts';
import { ask, askForChange, self } from '../../session/session.ts';

interface Detached {
  node: string;
  core: string;
  /** The core was the last node: the cluster is no more. */
  ended: boolean;
  /** Where the state of a cluster lies that was ended. */
  aside: string[];
}

interface Context {
  id: string;
}

interface Ending {
  aside: string[];
}

export default class NodeDetach extends KatoCommand<Detached> {
  static override summary = 'Remove this machine from its cluster.';
  static override description =
    'Its roles stop, its key becomes invalid, and its data stays in /var/lib/kato/data.\n' +
    'The core goes last, and the cluster ends with it: its state and secrets are set aside in\n' +
    '/var/lib/kato/aside. You are asked first on a terminal; elsewhere --yes is needed.';
  static override examples = ['<%= config.bin %> node detach'];
  static override flags = {
    yes: Flags.boolean({ char: 'y', summary: 'On the core: end the cluster without asking.' }),
  };

  protected override readonly localWords = 'node detach';

  protected async perform(): Promise<Detached> {
    const { flags } = await this.parse(NodeDetach);
    const begun = await endConfirmed();
    if (begun !== null) return this.end(begun);
    const { node, cluster } = await self();
    const ended = node.address === cluster.core.address;
    if (ended) {
      await refuseWhileOthers(node);
      if (!flags.yes) await confirmEnd(cluster.endpoint ?? cluster.id);
    }
    if (ended) return this.end({ node: node.name, core: cluster.core.address });
    await showPhases(PHASES, { id: node.id }, createVoice());
    return { node: node.name, core: cluster.core.address, ended, aside: [] };
  }

  private async end(which: { node: string; core: string }): Promise<Detached> {
    const context: Ending = { aside: [] };
    await showPhases(LAST_PHASES, context, createVoice());
    return { ...which, ended: true, aside: context.aside };
  }

  protected render({ node, core, ended, aside }: Detached): readonly string[] {
    if (ended) {
      return [
        `${node} has left, and its cluster is no more; data of roles stays under /var/lib/kato/data`,
        `its state and secrets are set aside in ${aside.join(' and ')}`,
        '',
        'kato node setup core begins a new one',
      ];
    }
    return [
      `${node} has left the cluster of ${core}; its data stays under /var/lib/kato/data`,
      '',
      'kato node attach CORE_IP attaches it again',
    ];
  }
}

const PHASES: readonly Phase<Context>[] = [
  {
    name: 'ask',
    title: 'Ask the cluster',
    run: async ({ id }) => {
      await askForChange('node.detach', { node: id }).catch((error: unknown) => {
        throw isAway(error) ? withoutCore(error) : error;
      });
    },
  },
  {
    name: 'leave',
    title: 'Stop the roles',
    run: async () => {
      const { hasLeft } = await import('../../../operations/local/boot.ts');
      await hasLeft(await ownHost());
    },
  },
];

/** Only the cluster makes a node give up what it is; a person can attach the machine elsewhere. */
function withoutCore(error: KatoError): KatoError {
  const next =
    'run it again when the core is back; if it is gone for good, kato node attach to another ' +
    'cluster sets aside what this machine has';
  return new KatoError({ ...error.toJSON(), next }, { cause: error });
}

const LAST_PHASES: readonly Phase<Ending>[] = [
  {
    name: 'end',
    title: 'Stop everything and set the state of the cluster aside',
    run: async (context) => {
      const { endCluster } = await import('../../../operations/local/end-cluster.ts');
      context.aside = await endCluster(await ownHost());
    },
  },
];

/** The core whose end was confirmed before, and broke off. */
async function endConfirmed(): Promise<{ node: string; core: string } | null> {
  const { endBegun } = await import('../../../operations/local/end-cluster.ts');
  const begun = await endBegun(await ownHost());
  return begun && { node: begun.name, core: begun.core.address };
}

/** Nodes without a core could not be told anything any more. */
async function refuseWhileOthers(own: { id: string; name: string }): Promise<void> {
  const nodes = await ask<ListedNode[]>('node.list', {});
  const others = nodes.filter((node) => node.id !== own.id).map((node) => node.name);
  if (others.length === 0) return;
  throw refuse(
    'ROLE_NEEDED',
    `the core ${own.name} cannot be removed`,
    'it holds the bus and the state of the cluster',
    `remove the other nodes first: kato node remove ${others.join(' ')}`,
  );
}

async function confirmEnd(endpoint: string): Promise<void> {
  const what = `the cluster ${endpoint}`;
  if (!onTerminal()) {
    throw refuse(
      'USAGE',
      `this would end ${what}`,
      'there is no terminal to confirm it on',
      'kato node detach --yes ends it without asking',
    );
  }
  if (await askYesNo(`This ends ${what}. Go on?`, false)) return;
  throw refuse('USAGE', 'nothing was changed', 'the answer was no');
}
