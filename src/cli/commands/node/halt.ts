import { KatoCommand } from '../../framework/command.ts';
import { ownHost } from '../../framework/home.ts';
import { note } from '../../output.ts';

export default class NodeHalt extends KatoCommand<{ already: boolean }> {
  static override summary = 'Stop everything on this node in order, as before a shutdown.';
  static override description =
    'The others see that the node left, and pools leave it out at once. kato node boot, or the ' +
    "machine's next boot, starts it again.";
  static override examples = ['<%= config.bin %> node halt'];

  protected override readonly localWords = 'node halt';

  protected async perform(): Promise<{ already: boolean }> {
    await this.parse(NodeHalt);
    const { haltNode } = await import('../../../operations/local/boot.ts');
    const onWait = (lives: string[]): void => note(`waiting for ${lives.join(', ')}`);
    return { already: !(await haltNode(await ownHost(), onWait)) };
  }

  protected render({ already }: { already: boolean }): readonly string[] {
    return [already ? 'already so: this node is not running' : 'this node is stopped'];
  }
}
