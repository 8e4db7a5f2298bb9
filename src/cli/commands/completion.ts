import { KatoCommand, word } from '../command.ts';
import { completionScript, SHELLS, type Shell } from '../completion.ts';

interface Completion {
  shell: Shell;
  script: string;
}

export default class PrintCompletion extends KatoCommand<Completion> {
  static override summary = 'Print the completion of kato for a shell.';
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
    await this.config.load();
    const { commands, topics } = this.config;
    return { shell, script: completionScript(shell, commands, topics).join('\n') };
  }

  protected render({ script }: Completion): readonly string[] {
    return script.split('\n');
  }
}
