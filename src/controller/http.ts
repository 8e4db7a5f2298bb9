import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Bus } from '../bus/bus.ts';
import type { Live } from './live.ts';

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
  const server = serve({ fetch: app.fetch, hostname: listen.address, port: listen.port });
  await new Promise((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  return {
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
