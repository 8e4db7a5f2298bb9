import { wordsIn } from '../../domain/base/names.ts';
import { printableValue } from '../../domain/base/printable.ts';
import type { Named } from '../completion/named.ts';
import { widthOf } from '../input/terminal.ts';
import { print, printJson, wantsJson } from '../output.ts';
import { type Style, styleFor } from '../render/text/style.ts';
import { Args, Command, Flags, type Input, type OutputFlags, type ParserOutput } from './oclif.ts';
import { EmptyWord } from './usage-error.ts';

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

  private isShown = false;

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
    await this.show(value);
  }

  /**
   * Prints the value. A command that nobody can ask for the same again shows it as soon as there is
   * one, whatever fails or is interrupted afterwards.
   */
  protected async show(value: Value): Promise<void> {
    if (this.isShown) return;
    this.isShown = true;
    if (this.asJson) return printJson(value);
    const { stdout } = process;
    const style = await styleFor(stdout);
    print(await this.render(printableValue(value), style, widthOf(stdout)), style);
  }

  /** Lists come apart here, for every command. */
  protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    options: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    takeListsApart(options.args as Takers, parsed.args, (name) => name.toUpperCase());
    takeListsApart(options.flags as Takers, parsed.flags, (name) => `--${name}`);
    return parsed;
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

/** By name: what was typed for arguments, or for flags. */
type Parsed = OutputFlags<Record<string, never>>;
type Takers = Readonly<Record<string, Named>> | undefined;

/** oclif wants options of our own to be open; what they are is checked all the same. */
type NamedOptions = Named & Record<string, unknown>;

/** A word of a command. Never read from stdin behind a person's back. */
export const word = Args.custom<string, NamedOptions>({ ignoreStdin: true });

/** Roles of a node, as most commands about roles take them. */
export const rolesWord = word({
  names: 'role of a node',
  list: true,
  multiple: true,
  required: false,
  description: 'Roles or groups of roles.',
});

/** A flag whose value is a name of something, or several. */
export const named = Flags.custom<string, NamedOptions>();

export const nodeFlag = named({
  char: 'n',
  names: 'node',
  helpValue: 'NODE',
  summary: 'Name, address or id of a node; this one by default.',
});

/**
 * What takes several names takes them as people join them: `redis memcached`, `redis,memcached` and
 * `"redis, memcached"` are the same. A word without a name in it, as from an empty variable, is none.
 */
function takeListsApart(
  takers: Takers,
  values: Record<string, unknown>,
  called: (name: string) => string,
): void {
  for (const [name, { list = false }] of Object.entries(takers ?? {})) {
    const words = values[name] as string[] | undefined;
    if (!list || words === undefined) continue;
    const lists = words.map(wordsIn);
    if (lists.some((found) => found.length === 0)) throw new EmptyWord(called(name));
    values[name] = lists.flat();
  }
}
