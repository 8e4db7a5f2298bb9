import { Config } from './oclif.ts';

/**
 * What oclif has to know of kato. Not loaded: a command needs nothing of it to run, and only what
 * lists all commands (help, completion) calls `load`.
 */
export class KatoConfig extends Config {
  constructor() {
    super({ root: import.meta.dirname, devPlugins: false, userPlugins: false });
  }

  /** kato has no hooks: nothing to look for before each command. */
  override runHook: Config['runHook'] = async () => ({ successes: [], failures: [] });
}
