import * as v from 'valibot';
import { mayAnnounce, parseRoute } from './change/routes.ts';
import type { Cluster } from './cluster.ts';
import { KatoError } from './error.ts';
import { checkBackend } from './names.ts';
import { own } from './own.ts';
import type { AnnouncedRoute } from './pools.ts';
import { list, shaped, text, whole, word } from './shapes.ts';

/** A route that was not announced again for this long is stale. Cloud Foundry's number. */
export const STALE_SECONDS = 120;
/** How often a component should announce itself; what `router.greet` and `router.start` tell. */
export const REGISTER_SECONDS = 20;
const URIS_MAX = 500;

/** `router.register` and `router.unregister`, the part of Cloud Foundry's form that leads somewhere. */
const MESSAGE = v.object({
  host: word,
  port: whole(0, 65_535),
  uris: list(text(2048), URIS_MAX),
});

/** The routes that a message speaks of, as far as its sender may; none for what is not of the form. */
export function routesOfMessage(
  cluster: Cluster,
  announcerName: string,
  body: unknown,
): AnnouncedRoute[] {
  const announcer = own(cluster.announcers, announcerName);
  const { value } = shaped(MESSAGE, body);
  if (announcer === undefined || value === null) return [];
  const { host: address, port, uris } = value;
  return uris
    .map((uri) => routeOf(uri, `${address}:${port}`, announcerName))
    .filter((route) => route !== null)
    .filter((route) => mayAnnounce(cluster, announcer, route.host));
}

/** Routes whose announcers are still there and still may. */
export function stillAllowed(
  cluster: Cluster,
  routes: readonly AnnouncedRoute[],
): AnnouncedRoute[] {
  return routes.filter(({ announcer, host }) => {
    const found = cluster.announcers[announcer];
    return found !== undefined && mayAnnounce(cluster, found, host);
  });
}

/** Routes that were announced lately. `heardMs` has the last time of each by its key. */
export function withoutStale(
  routes: readonly AnnouncedRoute[],
  heardMs: ReadonlyMap<string, number>,
  nowMs: number,
): AnnouncedRoute[] {
  const oldestMs = nowMs - STALE_SECONDS * 1000;
  return routes.filter((route) => (heardMs.get(announcementKey(route)) ?? 0) > oldestMs);
}

export function announcementKey({ announcer, host, path, backend }: AnnouncedRoute): string {
  return `${announcer} ${host}${path} ${backend}`;
}

function routeOf(uri: string, backend: string, announcer: string): AnnouncedRoute | null {
  try {
    const { host, path } = parseRoute(uri);
    return { announcer, host, path, backend: checkBackend(backend), sticky: false };
  } catch (error) {
    if (error instanceof KatoError) return null;
    throw error;
  }
}
