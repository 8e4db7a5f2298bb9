import { KatoCommand, word } from '../../framework/command.ts';
import { ownHost } from '../../framework/home.ts';
import { Flags } from '../../framework/oclif.ts';

export default class NodeRename extends KatoCommand<{ hostname: string; already: boolean }> {
  static override summary = 'Give this machine a host name, before it is in a cluster.';
  static override description =
    'Writes /etc/hostname and /etc/hosts. Several machines may have the name of the cluster: ' +
    'their nodes get names of their own when they are attached.';
  static override examples = ['<%= config.bin %> node rename cluster.example.com --no-restart'];
  static override args = { hostname: word({ required: true, description: 'The full name.' }) };
  static override flags = {
    'no-restart': Flags.boolean({
      summary: 'Accepted for compatibility with earlier katos: nothing needs to be restarted.',
    }),
  };

  protected override readonly localWords = 'node rename';

  protected async perform(): Promise<{ hostname: string; already: boolean }> {
    const { args } = await this.parse(NodeRename);
    const { renameMachine } = await import('../../../operations/local/rename.ts');
    return renameMachine(await ownHost(), args.hostname);
  }

  protected render({ hostname, already }: { hostname: string; already: boolean }): string[] {
    return [
      already ? `already so: this machine is ${hostname}` : `this machine is ${hostname}`,
      '',
      `kato node setup core api.${hostname}, or kato node attach CORE_IP`,
    ];
  }
}
