import type { NatsConnection } from '@nats-io/transport-node';
import type { BusPlace } from './bus.ts';
import { connectBusAtLast } from './connection.ts';
import { wardenOf } from './identity.ts';
import { natsOf } from './messaging.ts';
import { WARDEN } from './subjects.ts';

/** What the server reports and accepts in its system account. */
const CONNECTED = '$SYS.ACCOUNT.KATO.CONNECT';
const LIST = '$SYS.REQ.SERVER.PING.CONNZ';
const kick = (serverId: string): string => `$SYS.REQ.SERVER.${serverId}.KICK`;
const LIST_MAX = 10_000;
const LIST_MS = 5000;

/** The part of the server's answer that matters here. Connections come in the order of their beginning. */
interface Listed {
  server: { id: string };
  data: { connections: { cid: number; authorized_user: string }[] };
}

/**
 * Keeps each identity within its number of connections, since the bus has a limited number for all.
 * The newest stay: one that reconnects is not kept out by what it left behind. Until `signal`.
 */
export async function watchConnections(
  options: BusPlace & {
    /** Of the controllers. */
    seed: string;
    /** How many the identity with that key may have; null for as many as it likes. */
    maxOf: (key: string) => number | null;
    onEnded: (key: string, count: number) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const { maxOf, onEnded } = options;
  /** At most so many are open: those seen when it was looked, and those that came since. */
  const open = new Map<string, number>();
  let nats: NatsConnection | null = null;
  const identity = { who: WARDEN, ...wardenOf(options.seed) };
  const onStatus = (status: 'up' | 'down') => {
    if (status === 'up' && nats !== null) void look();
  };
  const bus = await connectBusAtLast(
    { ...options, identity, name: 'controller warden', onStatus },
    signal,
  );
  if (bus === null) return;
  signal.addEventListener('abort', () => void bus.close(), { once: true });
  nats = natsOf(bus);
  nats.subscribe(CONNECTED, {
    callback: (error, message) => {
      if (error === null) connected(message.json<{ client: { user: string } }>().client.user);
    },
  });
  await look();

  function connected(key: string): void {
    const max = maxOf(key);
    if (max === null) return;
    const count = (open.get(key) ?? 0) + 1;
    open.set(key, count);
    if (count > max) void look(key);
  }

  /** At one identity, or at all. What fails is looked at again with the next connection. */
  async function look(key?: string): Promise<void> {
    const which = key === undefined ? {} : { user: key };
    const query = { acc: 'KATO', auth: true, limit: LIST_MAX, ...which };
    const answer = await nats!
      .request(LIST, JSON.stringify(query), { timeout: LIST_MS })
      .catch(() => null);
    if (answer === null) return;
    const { server, data } = answer.json<Listed>();
    const ofEach = Map.groupBy(data.connections, (one) => one.authorized_user);
    if (key === undefined) open.clear();
    else open.delete(key);
    for (const [user, all] of ofEach) keepWithin(user, all, server.id);
  }

  function keepWithin(key: string, all: { cid: number }[], serverId: string): void {
    const max = maxOf(key);
    if (max === null) return;
    open.set(key, Math.min(all.length, max));
    const surplus = all.slice(0, Math.max(0, all.length - max));
    for (const { cid } of surplus) end(cid, serverId);
    if (surplus.length > 0) onEnded(key, surplus.length);
  }

  /** The server does nothing for a request without a reply subject. */
  function end(cid: number, serverId: string): void {
    const asked = nats!.request(kick(serverId), JSON.stringify({ cid }), { timeout: LIST_MS });
    asked.catch(() => undefined);
  }
}
