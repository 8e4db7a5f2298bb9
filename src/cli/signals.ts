/** Aborted by TERM or INT: what a service does when it is told to stop. */
export function untilTerminated(): AbortSignal {
  const end = new AbortController();
  process.removeAllListeners('SIGINT');
  // Not `once`: while a command runs, execa would find itself alone and end the process.
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => end.abort());
  return end.signal;
}
