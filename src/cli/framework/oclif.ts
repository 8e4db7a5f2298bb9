/** What a command needs of oclif, part by part: its index would load all there is. */
export * as Args from '@oclif/core/args';
export { Command } from '@oclif/core/command';
export { Config } from '@oclif/core/config';
export { CLIError, ModuleLoadError } from '@oclif/core/errors';
export * as Flags from '@oclif/core/flags';
export type { Input, OutputFlags, ParserOutput } from '@oclif/core/interfaces';
