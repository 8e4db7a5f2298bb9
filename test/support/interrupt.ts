/**
 * Imported into a kato that a test runs: gives it a signal at the very moment a phase begins, which
 * no signal from outside would hit. `KATO_TEST_INTERRUPT` is the phase and the signal.
 */
const [phase = '', signal = ''] = (process.env.KATO_TEST_INTERRUPT ?? '').split(' ');
const write = process.stderr.write.bind(process.stderr) as (text: string) => boolean;

process.stderr.write = ((text: string): boolean => {
  const written = write(text);
  if (text.startsWith(`==> ${phase}:`)) process.kill(process.pid, signal);
  return written;
}) as typeof process.stderr.write;
