import { arch, platform } from 'node:os';
import type { Definition, KnowsCommands } from '../completion/named.ts';
import { bundled } from './bundled.ts';
import { COMMANDS, longestCommand } from './commands.ts';
import { type Command, Config } from './oclif.ts';

/** All commands and topics, as `load` finds them in src: what help and completion show. */
export interface Listing extends Pick<Config, 'bin' | 'name' | 'pjson' | 'version'> {
  commands: Command.Loadable[];
  topics: Config['topics'];
  definitions: Definition[];
}

/** Name of the listing beside the bundle. */
export const LISTING = 'listing.json';

/**
 * What oclif has to know about kato. Not loaded: a command runs without it, and only what lists all
 * commands (help, completion) calls `load`.
 */
export class KatoConfig extends Config implements KnowsCommands {
  private listing: Listing | null = null;

  constructor() {
    super({ root: import.meta.dirname, devPlugins: false, userPlugins: false });
  }

  override async load(): Promise<void> {
    this.listing = bundled<Listing>(LISTING);
    if (this.listing === null) return super.load();
    const { bin, name, pjson, version } = this.listing;
    const userAgent = `${name}/${version} ${platform()}-${arch()} node-${process.version}`;
    Object.assign(this, { bin, name, pjson, version, userAgent, topicSeparator: ' ' });
  }

  override get commands() {
    return this.listing?.commands ?? super.commands;
  }

  override get topics() {
    return this.listing?.topics ?? super.topics;
  }

  override findCommand: Config['findCommand'] = (id: string) => {
    return this.commands.find((command) => command.id === id)!;
  };

  override findTopic: Config['findTopic'] = (name: string) => {
    return this.topics.find((topic) => topic.name === name)!;
  };

  async definitions(): Promise<readonly Definition[]> {
    return this.listing?.definitions ?? allDefinitions();
  }

  async definitionAt(
    words: readonly string[],
  ): Promise<{ definition: Definition; rest: string[] } | null> {
    const path = longestCommand(words);
    if (path === undefined) return null;
    const definition = await definitionOf(path.join(':'));
    return { definition, rest: words.slice(path.length) };
  }

  /** kato has no hooks: nothing to look for before each command. */
  override runHook: Config['runHook'] = async () => ({ successes: [], failures: [] });
}

/** As they are in the code, each of which is loaded for it. */
export function allDefinitions(): Promise<Definition[]> {
  return Promise.all(Object.keys(COMMANDS).map(definitionOf));
}

async function definitionOf(id: string): Promise<Definition> {
  const { default: command } = await COMMANDS[id]!();
  const { args, flags, baseFlags, hidden, summary = '' } = command;
  return { id, hidden, summary, args, flags: { ...baseFlags, ...flags } } as Definition;
}
