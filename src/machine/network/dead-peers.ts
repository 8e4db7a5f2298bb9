import { readFileSync } from 'node:fs';
import { attempt } from '../command.ts';
import { connects } from './connects.ts';

const LOOK_EVERY_MS = 250;
/** The kernel has sent so often again: 1.4 s without a sign of the other machine. */
const REPEATS_MAX = 3;
/** A machine that takes no connection for this long is gone, and so are all that it had. */
const HANDSHAKE_LIMIT_MS = 3000;

/** A connection in the words of `ss`, each side `address:port`. */
interface Connection {
  local: string;
  peer: string;
  repeats: number;
}

/**
 * Cuts connections to machines that have vanished. The kernel would try for 15 minutes to bring
 * them what was sent, and nginx, which cannot ask it for less, would wait as long before it tries
 * another backend. `peers` are the only addresses that are looked at. Costs one small read a look
 * while all is well.
 */
export function watchDeadPeers(
  peers: () => readonly string[],
  log: (line: string) => void,
): Disposable {
  const suspects = new Set<string>();
  let timeouts = 0;
  let looking = false;

  const look = async (): Promise<void> => {
    const addresses = new Set(peers());
    const before = timeouts;
    if (addresses.size > 0) timeouts = timeoutsSoFar();
    if (timeouts === before) return;
    const open = await connections([...addresses]);
    const stuck = open.filter(({ peer, repeats }) => addresses.has(peer) && repeats >= REPEATS_MAX);
    for (const { local, peer } of stuck) {
      await cut('src', local, 'dst', peer);
      void suspect(peer);
    }
  };
  /** What it had taken before it vanished is not sent again by the kernel: it looks idle. */
  const suspect = async (peer: string): Promise<void> => {
    if (suspects.has(peer)) return;
    suspects.add(peer);
    log(`${peer} has stopped answering`);
    if (!(await answers(peer))) await cut('dst', peer).catch(() => undefined);
    suspects.delete(peer);
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => log(`connections: ${String(error)}`))
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * How often anything had to be sent again on this machine. It stands still while all is well.
 * Read at once, for the kernel has it at hand: that costs a quarter of a read in the background.
 */
function timeoutsSoFar(): number {
  const text = readFileSync('/proc/net/netstat', 'utf8');
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('TCPTimeouts')] ?? 0);
}

async function connections(addresses: readonly string[]): Promise<Connection[]> {
  const ports = new Set(addresses.map((address) => address.slice(address.lastIndexOf(':'))));
  const filter = [...ports].flatMap((port) => ['or', 'dport', '=', port]).slice(1);
  const argv = ['ss', '-Htno', 'state', 'established', '(', ...filter, ')'];
  const { stdout } = await attempt(argv);
  return stdout.split('\n').flatMap((line) => {
    const [, , local, peer] = line.trim().split(/\s+/);
    const repeats = /timer:\(on,[^,]*,(\d+)\)/.exec(line)?.[1];
    return local && peer ? [{ local, peer, repeats: Number(repeats ?? 0) }] : [];
  });
}

/** nginx sees an error, and goes on as after any other. Without a word on kernels that cannot. */
async function cut(...filter: string[]): Promise<void> {
  await attempt(['ss', '-HtnK', ...filter]);
}

/** A refusal is an answer, too. */
async function answers(peer: string): Promise<boolean> {
  return (await connects(peer, HANDSHAKE_LIMIT_MS)) !== 'no';
}
