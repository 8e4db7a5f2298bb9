import { networkInterfaces } from 'node:os';
import { refuse } from '../../domain/base/error.ts';
import { attempt, run } from '../command.ts';

export interface Address {
  address: string;
  /** Has a limited life: it comes from DHCP and may change. */
  dynamic: boolean;
}

/** IPv4 addresses of this machine that others can reach, as the kernel lists them. */
export async function addresses(): Promise<Address[]> {
  const { stdout } = await run(['ip', '-j', '-4', 'address', 'show', 'up', 'scope', 'global']);
  const links = JSON.parse(stdout || '[]') as {
    addr_info?: { local: string; dynamic?: boolean }[];
  }[];
  return links.flatMap((link) =>
    (link.addr_info ?? []).map((info) => ({
      address: info.local,
      dynamic: info.dynamic === true,
    })),
  );
}

/** At once, without a program. False also while the cable of the address is out. */
export function hasAddress(address: string): boolean {
  if (address.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((all) =>
    all?.some((one) => one.address === address),
  );
}

/**
 * The address on the default route, or the only one; `candidates` are all there are.
 * NOT_FOUND when the machine has none, or several and no default route.
 */
export async function primaryAddress(): Promise<Address & { candidates: Address[] }> {
  const candidates = await addresses();
  const source = await defaultSource();
  const onRoute = candidates.find(({ address }) => address === source);
  const chosen = onRoute ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (chosen !== undefined) return { ...chosen, candidates };
  const found = candidates.map(({ address }) => address).join(', ');
  throw refuse(
    'NOT_FOUND',
    "this machine's address is not clear",
    found === '' ? 'it has no IPv4 address' : `it has ${found}, and no default route`,
    'give it: --address IP',
  );
}

/** What the kernel would send from; no packet is sent. The target is for documentation only. */
async function defaultSource(): Promise<string | undefined> {
  const { exitCode, stdout } = await attempt(['ip', '-j', '-4', 'route', 'get', '203.0.113.1']);
  if (exitCode !== 0) return undefined;
  const routes = JSON.parse(stdout || '[]') as { prefsrc?: string }[];
  return routes[0]?.prefsrc;
}

const RESOLVE_MS = 1500;

/** Whether this machine finds an address for a name, by its hosts file or by DNS. */
export async function resolves(name: string): Promise<boolean> {
  const asked = attempt(['getent', 'ahostsv4', name], { timeoutMs: RESOLVE_MS });
  return asked.then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}
