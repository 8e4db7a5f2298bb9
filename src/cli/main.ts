import { KatoConfig } from './config.ts';
import { dispatch } from './dispatch.ts';
import { exitCodeOf, printFailure } from './failure.ts';
import { surviveBrokenPipes } from './output.ts';

/** The entry of `kato`: finds the command, runs it, and ends with its exit code. */
const EXIT_ON_SIGINT = 130;

process.once('SIGINT', () => process.exit(EXIT_ON_SIGINT));
surviveBrokenPipes();
void main(process.argv.slice(2));

async function main(argv: string[]): Promise<void> {
  try {
    await dispatch(new KatoConfig(), argv);
  } catch (error) {
    printFailure(error, argv);
    process.exitCode = exitCodeOf(error);
  }
}
