import type { Phase } from '../../../operations/local/phases.ts';
import { KatoCommand } from '../../command.ts';
import { ownHost } from '../../home.ts';
import { createVoice, showPhases } from '../../progress.ts';
import { askForChange, self } from '../../session.ts';

interface Detached {
  node: string;
  core: string;
}

interface Context {
  id: string;
}

export default class NodeDetach extends KatoCommand<Detached> {
  static override summary = 'Take this machine out of its cluster.';
  static override description =
    'Its roles stop, its key is worth nothing any more, its data stays under /var/lib/kato/data.';
  static override examples = ['<%= config.bin %> node detach'];

  protected async perform(): Promise<Detached> {
    await this.parse(NodeDetach);
    const { node, cluster } = await self();
    await showPhases(PHASES, { id: node.id }, createVoice());
    return { node: node.name, core: cluster.core.address };
  }

  protected render({ node, core }: Detached): readonly string[] {
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
      await askForChange('node.detach', { node: id });
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
