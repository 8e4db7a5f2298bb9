import { once } from 'node:events';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';

/**
 * Run on a host: `component.ts JSON` with this. Announces itself as a component of Cloud Foundry
 * does: it greets, prints the answer and "ready", registers, and takes its routes back on SIGTERM.
 */
export interface ComponentOptions {
  /** What `kato route announcer add` printed. */
  bus: string;
  serverName: string;
  ca: string;
  seed: string;
  /** Told as they are. */
  registration: { host: string; port: number; uris: string[]; tags?: Record<string, string> };
  everySeconds: number;
}

const options = JSON.parse(process.argv[2] ?? '') as ComponentOptions;
const { bus, serverName, ca, seed, registration, everySeconds } = options;
const tls = { ca, servername: serverName, handshakeFirst: true };
const nats = await connect({
  servers: bus,
  authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
  tls,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 200,
});
const body = JSON.stringify(registration);
const greeting = await nats.request('router.greet', '', { timeout: 5000 });
nats.publish('router.register', body);
const timer = setInterval(() => nats.publish('router.register', body), everySeconds * 1000);
await nats.flush();
console.log(greeting.string());
console.log('ready');
await once(process, 'SIGTERM');
clearInterval(timer);
nats.publish('router.unregister', body);
await nats.drain();
