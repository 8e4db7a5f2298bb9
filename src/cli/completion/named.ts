/** What there are names of, which completion can offer. */
export type NameKind =
  | 'node'
  /** Of a node. */
  | 'address'
  /** Of a node with the role `router`. */
  | 'router address'
  | 'role'
  /** One that the node in the flag `node` has, or else this one; a group all of which it has. */
  | 'role of a node'
  /** A role or group that a person may give to a node. */
  | 'role to add'
  /** `cluster`, or a role with settings. */
  | 'component'
  /** A setting of the component in the argument `component`. */
  | 'setting'
  /** Of the setting in the argument `key`: what may be its value, where that is a closed list. */
  | 'value'
  /** Of the same: what is in it, where it is a list. */
  | 'item'
  | 'process'
  | 'token'
  | 'route'
  /** A backend of the route in the argument `route`. */
  | 'backend'
  | 'announcer'
  | 'domain'
  /** Which the shell knows best. */
  | 'file';

/** What an argument or flag takes: stated where it is defined, so that completion can offer it. */
export interface Named {
  names?: NameKind;
  /** Several may be joined by commas. */
  list?: boolean;
  /** Words that are right there, too. */
  also?: readonly string[];
}

/** An argument or flag, as far as completion goes. */
export interface Taker extends Named {
  multiple?: boolean;
  options?: readonly string[];
  description?: string;
}

export interface FlagTaker extends Taker {
  type: string;
  char?: string;
  hidden?: boolean;
  allowNo?: boolean;
  summary?: string;
}

/** A command, as far as completion goes. */
export interface Definition {
  id: string;
  hidden: boolean;
  summary: string;
  args: Readonly<Record<string, Taker>>;
  flags: Readonly<Record<string, FlagTaker>>;
}

/** What completion asks of who knows all commands. */
export interface KnowsCommands {
  /** Every command with what its arguments and flags take. */
  definitions(): Promise<readonly Definition[]>;
  /** The command that the words begin with, and what follows it; null where there is none. */
  definitionAt(
    words: readonly string[],
  ): Promise<{ definition: Definition; rest: string[] } | null>;
}
