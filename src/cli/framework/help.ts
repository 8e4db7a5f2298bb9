import type { Command, Config } from '@oclif/core';
import { Help } from '@oclif/core/help';
import { widthOf } from '../input/terminal.ts';
import { wrap } from '../render/text/table.ts';

/** Some lists of oclif stand that much further in than it reckons with. */
const FURTHER_IN = 2;

/** Help as oclif lays it out, within the width of all that kato says. */
export class KatoHelp extends Help {
  private readonly width: number;

  constructor(config: Config) {
    const width = widthOf(process.stdout);
    super(config, { maxWidth: width - FURTHER_IN, hideAliasesFromRoot: true });
    this.width = width;
  }

  /** Lines of a description end where the code has room for them, which is not where they end here. */
  protected override formatCommand(command: Command.Loadable): string {
    const { description } = command;
    if (description === undefined) return super.formatCommand(command);
    return super.formatCommand({ ...command, description: description.replaceAll('\n', ' ') });
  }

  /** oclif leaves summaries as they are. What stands further in is laid out, or is to be copied. */
  protected override log(...texts: string[]): void {
    const wrapped = texts.map((text) =>
      text.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrap(line, this.width))),
    );
    super.log(...wrapped.map((lines) => lines.join('\n')));
  }
}
