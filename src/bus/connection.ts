import { setTimeout as pause } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { KatoError } from '../domain/base/error.ts';
import type { Bus, BusOptions } from './bus.ts';
import { connectFailure } from './failures.ts';
import { fullBus } from './full.ts';
import { signer } from './identity.ts';
import { makeBus } from './messaging.ts';
import { inboxPrefix } from './subjects.ts';

/** Once refused counts for nothing: a reload of the bus refuses whoever is just connecting. */
const REFUSALS_MAX = 3;
/** Who is refused so often tries more and more slowly: a removed node does for as long as it runs. */
const REFUSALS_SOON = 10;
const REFUSED_DELAY_MS_MAX = 5000;

/** Throws CORE_UNREACHABLE, NOT_A_BUS, NOT_ALLOWED or BUSY. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  for (let refusals = 1; ; refusals++) {
    let nats: NatsConnection;
    try {
      nats = await connect(natsOptions(options));
    } catch (error) {
      const failure = (await fullBus(error, options)) ?? connectFailure(error, options);
      if (failure.code !== 'NOT_ALLOWED' || refusals === REFUSALS_MAX) throw failure;
      await pause(retryDelayMs());
      continue;
    }
    return makeBus(nats, options);
  }
}

/** Tries until it is connected, telling `onStatus` each failure; null when `signal` ends it. */
export async function connectBusAtLast(
  options: BusOptions,
  signal: AbortSignal,
): Promise<Bus | null> {
  // A reload of the bus silently drops clients that are just connecting: the first try is short.
  let timeoutMs = FIRST_TIMEOUT_MS;
  let refusals = 0;
  while (!signal.aborted) {
    try {
      return await connectBus({ ...options, timeoutMs });
    } catch (error) {
      timeoutMs = CONNECT_TIMEOUT_MS;
      const failure = error instanceof KatoError ? error : connectFailure(error, options);
      options.onStatus?.('down', failure);
      refusals = failure.code === 'NOT_ALLOWED' ? refusals + 1 : 0;
      const longer = 2 ** Math.max(0, refusals - REFUSALS_SOON);
      const delayMs = Math.min(retryDelayMs() * longer, REFUSED_DELAY_MS_MAX);
      await pause(delayMs, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

/** Server pings and these find a silent partition within 15 s. */
const PING_INTERVAL_MS = 5000;
const PINGS_OUT_MAX = 2;
const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_TIMEOUT_MS = 3000;

function natsOptions({ address, port, identity, ca, clusterId, name, timeoutMs }: BusOptions) {
  const sign = signer(identity.seed);
  return {
    servers: `${address}:${port}`,
    name,
    inboxPrefix: inboxPrefix(identity.who),
    authenticator: (nonce?: string) => ({ nkey: identity.key, sig: sign(nonce ?? '') }),
    // `servername` is not in the library's types, yet goes through to tls.connect.
    tls: { ca, servername: `bus.${clusterId}`, handshakeFirst: true },
    timeout: timeoutMs ?? CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    ignoreClusterUpdates: true,
    reconnectDelayHandler: retryDelayMs,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: PINGS_OUT_MAX,
    noAsyncTraces: true,
  };
}

/** Spread, so that a thousand nodes do not come back in the same instant. */
const retryDelayMs = (): number => 100 + Math.floor(Math.random() * 300);
