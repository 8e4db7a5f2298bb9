import { exitCodeOf, printFailure } from './failure.ts';

/**
 * Runs a service until TERM or INT tells it to stop. Then, and when it fails, the process ends,
 * even if parts of the bus or sockets are still open: s6 restarts it.
 */
export async function untilTerminated(
  serve: (signal: AbortSignal) => Promise<void>,
): Promise<never> {
  const end = new AbortController();
  process.removeAllListeners('SIGINT');
  // Not `once`: while a command runs, execa would find itself alone and end the process.
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => end.abort());
  try {
    await serve(end.signal);
  } catch (error) {
    printFailure(error, process.argv);
    process.exit(exitCodeOf(error));
  }
  process.exit();
}
