import { Config } from '@oclif/core';
import { dispatch } from './dispatch.ts';
import { exitCodeOf, printFailure } from './failure.ts';
import { surviveBrokenPipes } from './output.ts';

/** The entry of `kato`: finds the command, runs it, and ends with its exit code. */
const EXIT_ON_SIGINT = 130;

process.once('SIGINT', () => process.exit(EXIT_ON_SIGINT));
surviveBrokenPipes();

const argv = process.argv.slice(2);
try {
  const config = await Config.load({
    root: import.meta.dirname,
    devPlugins: false,
    userPlugins: false,
  });
  await dispatch(config, argv);
} catch (error) {
  printFailure(error, argv);
  process.exitCode = exitCodeOf(error);
}
