/** Aborted by TERM or INT: what a service does when it is told to stop. */
export function untilTerminated(): AbortSignal {
  const end = new AbortController();
  process.removeAllListeners('SIGINT');
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => end.abort());
  return end.signal;
}
