import { KatoCommand } from '../../framework/command.ts';
import { ownHost } from '../../framework/home.ts';

export default class NodeBoot extends KatoCommand<{ already: boolean }> {
  static override summary = 'Start this node from what it last knew, with or without the core.';
  static override description =
    'systemd, or another init, calls this at boot. Everything that was up comes up again; the agent then ' +
    'asks the cluster for news.';
  static override examples = ['<%= config.bin %> node boot'];

  protected override readonly localWords = 'node boot';

  protected async perform(): Promise<{ already: boolean }> {
    await this.parse(NodeBoot);
    const { bootNode } = await import('../../../operations/local/boot.ts');
    return { already: !(await bootNode(await ownHost())) };
  }

  protected render({ already }: { already: boolean }): readonly string[] {
    return [already ? 'already so: this node is running' : 'this node is starting'];
  }
}
