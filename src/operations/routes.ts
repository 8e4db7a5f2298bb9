import * as v from 'valibot';
import { addAnnouncer, addRoute, removeAnnouncer, removeRoute } from '../domain/change/routes.ts';
import { routePool } from '../domain/pools.ts';
import { text, word, words } from '../domain/shapes.ts';
import { change, PUBLIC_KEY, read } from './operation.ts';

/** A host name and a path. */
const ROUTE = text(2048);

export const routeAdd = change(
  'route.add',
  'admin',
  v.strictObject({ route: ROUTE, backends: words, sticky: v.boolean() }),
  (cluster, params) => addRoute(cluster, params),
);

export const routeRemove = change(
  'route.remove',
  'admin',
  v.strictObject({ route: ROUTE, backends: words }),
  (cluster, params) => removeRoute(cluster, params),
);

export interface ListedRoute {
  route: string;
  backends: string[];
  sticky: boolean;
  announced: boolean;
}

/** Static routes and those that components announce at the moment. */
export const routeList = read(
  'route.list',
  'anyone',
  v.strictObject({}),
  async ({ cluster, announced }): Promise<ListedRoute[]> => [
    ...Object.values(cluster.routes).map(({ host, path, backends, sticky }) => ({
      route: routePool(host, path),
      backends,
      sticky,
      announced: false,
    })),
    ...announced.map(({ host, path, backend, sticky }) => ({
      route: routePool(host, path),
      backends: [backend],
      sticky,
      announced: true,
    })),
  ],
);

/** The asker makes the key and keeps its seed: the cluster learns the public key only. */
export const announcerAdd = change(
  'announcer.add',
  'admin',
  v.strictObject({
    name: word,
    key: PUBLIC_KEY,
    hosts: v.pipe(words, v.minLength(1)),
  }),
  (cluster, params) => addAnnouncer(cluster, params),
);

export const announcerRemove = change(
  'announcer.remove',
  'admin',
  v.strictObject({ name: word }),
  (cluster, params) => removeAnnouncer(cluster, params),
);

export const announcerList = read('announcer.list', 'admin', v.strictObject({}), async (known) =>
  Object.values(known.cluster.announcers),
);
