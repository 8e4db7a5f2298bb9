/** Where everything is, below KATO_ROOT: several nodes can live on one machine. */
export interface Paths {
  root: string;
  /** State that must survive a power cut: ledger, identity, secrets. Mode 0700, root's. */
  state: string;
  ledger: string;
  /** s6's scan folder, with one stable folder for each process. Mode 0700. */
  service: string;
  /** One folder for each process: `<hash>/` and the link `current`. */
  config: string;
  /** One folder for each process that keeps data. */
  data: string;
  /** What this machine has on record of the data that it made: one file for each process. */
  made: string;
  /** The export of the cluster that this node keeps for the others. */
  keptExport: string;
  /** What the machine was before, one folder for each time: kato never deletes it. */
  aside: string;
  /** One folder for each process. Mode 0700. */
  log: string;
  /** Volatile: gone with the next boot. */
  run: string;
  /** The agent's socket for root. */
  socket: string;
  /** The agent's socket for group `kato`, which only reads. */
  readSocket: string;
  /**
   * Mode 0700, like every folder with lock files: a stranger who can open a file for reading can
   * also lock it, and whoever waits for the lock then waits for the stranger.
   */
  locks: string;
  /** A file for each log that loses lines now. Mode 0700. */
  lost: string;
  /** What a check under way has written, keys too; cleared when the agent starts. Mode 0700. */
  scratch: string;
  cache: string;
}

export function pathsOf(root: string): Paths {
  const base = root === '/' ? '' : root.replace(/\/+$/, '');
  const lib = `${base}/var/lib/kato`;
  const run = `${base}/run/kato`;
  return {
    root: base === '' ? '/' : base,
    state: `${lib}/state`,
    ledger: `${lib}/state/ledger.json`,
    service: `${lib}/service`,
    config: `${lib}/config`,
    data: `${lib}/data`,
    made: `${lib}/made`,
    keptExport: `${lib}/export/cluster.kato`,
    aside: `${lib}/aside`,
    log: `${base}/var/log/kato`,
    run,
    socket: `${run}/agent.sock`,
    readSocket: `${run}/status.sock`,
    locks: `${run}/locks`,
    lost: `${run}/lost`,
    scratch: `${run}/scratch`,
    cache: `${base}/var/cache/kato`,
  };
}

/** In a data folder: which data it is, and the hash of the secrets that it was given last. */
export const DATA_MARK = '.kato-data';
/** A mark has some hundred; the folder belongs to the user of a program, who can put anything there. */
export const MARK_BYTES_MAX = 4096;

/** That this machine has made or adopted data for the process, and which. */
export function dataRecord(process: string, { made }: Paths): string {
  return `${made}/${process}.json`;
}
