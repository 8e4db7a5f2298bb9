import { KatoConfig } from './framework/config.ts';
import { dispatch } from './framework/dispatch.ts';
import { exitCodeOf, noteCrashes, printFailure } from './framework/failure.ts';
import { noteWarnings, surviveBrokenPipes } from './output.ts';

/** The entry of `kato`: finds the command, runs it, and ends with its exit code. */
const EXIT_ON_SIGINT = 130;

// On hardened machines it is stricter, and the users of roles could not reach their own folders.
process.umask(0o022);
process.once('SIGINT', () => process.exit(EXIT_ON_SIGINT));
surviveBrokenPipes();
noteWarnings();
noteCrashes();
void main(process.argv.slice(2));

async function main(argv: string[]): Promise<void> {
  try {
    await dispatch(new KatoConfig(), argv);
  } catch (error) {
    printFailure(error, argv);
    process.exitCode = exitCodeOf(error);
  }
}
