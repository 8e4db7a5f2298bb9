import type { Config } from '@oclif/core';
import { Help } from '@oclif/core/help';

const WIDTH_MAX = 100;

/** Help as oclif lays it out, at most 100 columns wide. */
export class KatoHelp extends Help {
  constructor(config: Config) {
    super(config, { maxWidth: WIDTH_MAX, hideAliasesFromRoot: true });
  }
}
