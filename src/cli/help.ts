import type { Config } from '@oclif/core';
import { Help } from '@oclif/core';

const WIDTH_MAX = 100;

/** Help as oclif lays it out, at most 100 columns wide and in the order in which flags are written. */
export class KatoHelp extends Help {
  constructor(config: Config) {
    super(config, { maxWidth: WIDTH_MAX, flagSortOrder: 'none', hideAliasesFromRoot: true });
  }
}
