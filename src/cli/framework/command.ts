import { wordsIn } from '../../domain/base/names.ts';
import { printableValue } from '../../domain/base/printable.ts';
import type { Named } from '../completion/named.ts';
import { widthOf } from '../input/terminal.ts';
import { print, printJson, wantsJson } from '../output.ts';
import { type Style, styleFor } from '../render/text/style.ts';
import { Args, Command, Flags } from './oclif.ts';

/**
 * A command of `kato`: `perform` makes the value that --json prints, `render` the lines that a
 * person reads. Errors are thrown as KatoError and printed in one place.
 */
export abstract class KatoCommand<Value> extends Command {
  static override baseFlags = {
    json: Flags.boolean({
      char: 'j',
      summary: 'Print the value as JSON; everything else goes to stderr.',
      helpGroup: 'global',
    }),
    debug: Flags.boolean({ hidden: true, summary: 'Show where an error comes from.' }),
  };

  /** The words of a command that makes or unmakes the node on this machine: one runs at a time. */
  protected readonly localWords: string | null = null;

  protected abstract perform(): Promise<Value>;
  /** Lines of at most `width` columns where that can be done. */
  protected abstract render(
    value: Value,
    style: Style,
    width: number,
  ): readonly string[] | Promise<string[]>;

  override async run(): Promise<void> {
    // A flag that is not given is false: oclif types it so, and leaves it undefined.
    for (const flag of Object.values({ ...this.ctor.flags, ...this.ctor.baseFlags })) {
      if (flag.type === 'boolean') flag.default ??= false;
    }
    const value =
      this.localWords === null
        ? await this.perform()
        : await this.performAlone(`kato ${this.localWords}`);
    if (this.asJson) return printJson(value);
    const { stdout } = process;
    const style = await styleFor(stdout);
    print(await this.render(printableValue(value), style, widthOf(stdout)), style);
  }

  /** Whose words are wrong waits for nobody. */
  private async performAlone(command: string): Promise<Value> {
    await this.parse(this.ctor);
    const { alone } = await import('../session/alone.ts');
    return alone(command, () => this.perform());
  }

  /** Nothing but the JSON value may go to stdout. */
  protected get asJson(): boolean {
    return wantsJson(this.argv);
  }
}

/** oclif wants options of our own to be open; what they are is checked all the same. */
type NamedOptions = Named & Record<string, unknown>;

/** A word of a command. Never read from stdin behind a person's back. */
export const word = Args.custom<string, NamedOptions>({ ignoreStdin: true });

/** Roles that there are, as most commands about roles take them. */
export const rolesWord = word({
  names: 'role',
  list: true,
  multiple: true,
  required: false,
  description: 'Roles or groups of roles.',
});

/** A flag whose value is a name of something, or several. */
export const named = Flags.custom<string, NamedOptions>();

/** Several words as people join them, by spaces or by commas: `redis memcached`, `redis,memcached`. */
export function listed(words: readonly string[] | undefined): string[] {
  return (words ?? []).flatMap(wordsIn);
}

/** The same where no word means all: an empty word, as from an empty variable, does not. */
export function listedOrAll(words: readonly string[] | undefined): string[] {
  const found = listed(words);
  return found.length === 0 ? [...(words ?? [])] : found;
}

export const nodeFlag = named({
  char: 'n',
  names: 'node',
  helpValue: 'NODE',
  summary: 'Name, address or id of a node; this one by default.',
});
