import { once } from 'node:events';
import { connect } from 'node:net';
import { type KatoError, refuse } from '../domain/base/error.ts';
import { type BusAddress, codeOf } from './failures.ts';

const LIMIT_MS = 2000;
/** What TLS makes of an answer in the clear. */
const NO_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER';

/**
 * BUSY, where a bus accepts no more connections: it says that in the clear, in front of TLS. Null for
 * every other cause of a connection that did not come about.
 */
export async function fullBus(cause: unknown, where: BusAddress): Promise<KatoError | null> {
  if (codeOf(cause) !== NO_TLS) return null;
  const said = await greetingOf(where);
  if (!said.startsWith("-ERR 'maximum connections exceeded'")) return null;
  return refuse(
    'BUSY',
    `the bus at ${where.address}:${where.port} accepts no more connections`,
    'somebody opens a great many of them',
    'on the core, ss -tn shows where from: block that with a firewall',
  );
}

async function greetingOf({ address, port }: BusAddress): Promise<string> {
  const socket = connect({ host: address, port });
  try {
    const [bytes] = await once(socket, 'data', { signal: AbortSignal.timeout(LIMIT_MS) });
    return String(bytes);
  } catch {
    return '';
  } finally {
    socket.destroy();
  }
}
