import type { KnowsCommands } from '../completion/named.ts';
import { completionScript, SHELLS, type Shell } from '../completion.ts';
import { KatoCommand, word } from '../framework/command.ts';
import type { Config } from '../framework/oclif.ts';

interface Completion {
  shell: Shell;
  script: string;
}

export default class PrintCompletion extends KatoCommand<Completion> {
  static override summary = 'Print the completion of kato for a shell.';
  static override description =
    'It knows all commands and flags, and asks the agent for the names of nodes, roles, settings, routes\n' +
    'and the like when they are needed. zsh needs compinit first.';
  static override examples = [
    'source <(<%= config.bin %> <%= command.id %> bash)',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/kato.fish',
  ];
  static override args = {
    shell: word({ required: true, options: [...SHELLS], description: 'The shell.' }),
  };

  protected async perform(): Promise<Completion> {
    const { args } = await this.parse(PrintCompletion);
    const shell = args.shell as Shell;
    const config = this.config as Config & KnowsCommands;
    await config.load();
    const script = completionScript(shell, await config.definitions(), config.topics);
    return { shell, script: script.join('\n') };
  }

  protected render({ script }: Completion): readonly string[] {
    return script.split('\n');
  }
}
