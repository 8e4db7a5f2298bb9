import { isFromMemory } from '../../domain/telling/checks.ts';
import type { Status } from '../../domain/telling/status.ts';
import { KatoCommand } from '../framework/command.ts';
import { Flags } from '../framework/oclif.ts';
import { statusLines } from '../render/status.ts';
import type { Style } from '../render/text/style.ts';
import { askStatus } from '../session/session.ts';

/** The node answered from what it knew last. */
const EXIT_AWAY = 5;

export default class ShowStatus extends KatoCommand<Status> {
  static override summary = 'Show every node, its roles and their state, and what is wrong.';
  static override description =
    'Warnings come first; the node that answers is marked with *. While the bus or all controllers\n' +
    'are away, the node shows what it knew last, says so, and the exit code is 5.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
    '<%= config.bin %> <%= command.id %> --watch',
  ];
  static override flags = {
    all: Flags.boolean({ char: 'a', summary: 'Also show the roles that no node has.' }),
    watch: Flags.boolean({
      char: 'w',
      exclusive: ['json'],
      summary: 'Show it again whenever it changes, until Ctrl-C.',
    }),
  };

  protected async perform(): Promise<Status> {
    const { flags } = await this.parse(ShowStatus);
    if (flags.watch) {
      const { watchStatus } = await import('../session/watch-status.ts');
      await watchStatus(() => askStatus(flags.all));
    }
    const status = await askStatus(flags.all);
    if (isFromMemory(status)) process.exitCode = EXIT_AWAY;
    return status;
  }

  protected render(status: Status, style: Style, width: number): readonly string[] {
    return statusLines(status, style, width);
  }
}
