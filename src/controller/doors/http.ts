import type { Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Bus } from '../../bus/bus.ts';
import { counts } from '../../domain/base/counts.ts';
import type { Live } from '../state/live.ts';

/** Nothing is asked here but two short questions, by routers in the name of clients. */
const LIMITS: ServerOptions = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1000,
};
const HEADERS_MAX = 60;
const CONNECTIONS_MAX = 1000;
/** Of one address, so that nobody takes the place of all: a router has some dozens at most. */
const CONNECTIONS_OF_ONE_MAX = 100;

/** The HTTP side of the API at `https://<endpoint>`: what is public about the cluster. */
export async function serveHttp(
  listen: { address: string; port: number },
  options: { live: Live; bus: Bus; kato: string; clusterId: string },
): Promise<{ close(): Promise<void> }> {
  const { live, bus, kato, clusterId } = options;
  const app = new Hono();
  app.get('/v1/info', (context) =>
    context.json({
      format: 1,
      cluster: clusterId,
      endpoint: live.document?.cluster.endpoint ?? null,
      version: kato,
    }),
  );
  app.get('/health', (context) => {
    const healthy = bus.connected && live.document !== null;
    return context.json({ healthy }, healthy ? 200 : 503);
  });
  const server = serve({
    fetch: app.fetch,
    hostname: listen.address,
    port: listen.port,
    serverOptions: LIMITS,
  }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  server.maxHeadersCount = HEADERS_MAX;
  shareOut(server);
  await new Promise((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  return {
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Closes what one address opens beyond its share. */
function shareOut(server: Server): void {
  const open = counts();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    open.enter(address);
    socket.once('close', () => open.leave(address));
    if (open.of(address) > CONNECTIONS_OF_ONE_MAX) socket.destroy();
  });
}
