import { createHash, X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { refuse } from '../../domain/base/error.ts';
import { type BusAddress, codeOf, notABus, reachFailure } from '../failures.ts';
import { fullBus } from '../full.ts';

/**
 * For everything together. With the start of the command, less than the 5 s that users are
 * promised.
 */
const LIMIT_MS = 4000;
/** A chain is leaf and authority; a longer one is not that of a kato bus. */
const CHAIN_MAX = 5;

/**
 * The certificate authority of the bus, in PEM, known by its fingerprint (SHA-256, hex). Nothing
 * is sent but the TLS handshake, so it may be asked before anything is trusted.
 * CORE_UNREACHABLE: nobody answers there. NOT_A_BUS: somebody else does. BUSY: it is full.
 * TOKEN_OTHER_CLUSTER: a bus of kato, but of another cluster.
 */
export async function fetchCertificateAuthority(
  where: BusAddress,
  options: { fingerprint: string; clusterId: string; timeoutMs?: number },
): Promise<string> {
  const limit = AbortSignal.timeout(options.timeoutMs ?? LIMIT_MS);
  const at = `${where.address}:${where.port}`;
  const tcp = await reach(where, at, limit);
  try {
    const tls = await handshake(tcp, where, options.clusterId, limit);
    return findAuthority(tls.getPeerCertificate(true), options.fingerprint, at);
  } finally {
    tcp.destroy();
  }
}

/** As `fetchCertificateAuthority` compares it: SHA-256, hex. */
export function fingerprintOf(certificate: string): string {
  return hashOfDer(new X509Certificate(certificate).raw);
}

function hashOfDer(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

async function reach({ address, port }: BusAddress, at: string, limit: AbortSignal) {
  const socket = connectTcp({ host: address, port });
  try {
    await first(socket, 'connect', limit);
    return socket;
  } catch (cause) {
    socket.destroy();
    const code = limit.aborted ? 'ETIMEDOUT' : codeOf(cause);
    throw reachFailure(code, at, cause) ?? notABus(at, cause);
  }
}

async function handshake(tcp: Socket, where: BusAddress, clusterId: string, limit: AbortSignal) {
  const servername = `bus.${clusterId}`;
  const tls = connectTls({ socket: tcp, servername, rejectUnauthorized: false });
  try {
    await first(tls, 'secureConnect', limit);
    return tls;
  } catch (cause) {
    const full = await fullBus(cause, where);
    if (full !== null) throw full;
    const at = `${where.address}:${where.port}`;
    throw notABus(at, limit.aborted ? new Error('it accepts connections, but is silent') : cause);
  }
}

function findAuthority(leaf: DetailedPeerCertificate, fingerprint: string, at: string): string {
  let certificate = leaf;
  for (let depth = 0; depth < CHAIN_MAX && certificate?.raw !== undefined; depth++) {
    if (hashOfDer(certificate.raw) === fingerprint) return pem(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  if (!leaf.subjectaltname?.startsWith('DNS:bus.')) {
    throw notABus(at, new Error('it has the certificate of something else'));
  }
  throw refuse(
    'TOKEN_OTHER_CLUSTER',
    `the bus at ${at} does not belong to the cluster that made this token`,
    'its certificate authority has another fingerprint',
    'use a token of this cluster, or the address of the other one',
  );
}

/** Resolves at the event; rejects with the socket's error, its early end, or the limit's. */
function first(socket: Socket | TLSSocket, event: string, limit: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
