import * as v from 'valibot';
import { addAnnouncer, addRoute, removeAnnouncer, removeRoute } from '../domain/change/routes.ts';
import { routePool } from '../domain/pools.ts';
import { change, PUBLIC_KEY, read } from './operation.ts';

export const routeAdd = change(
  'route.add',
  'admin',
  v.strictObject({ route: v.string(), backends: v.array(v.string()), sticky: v.boolean() }),
  (cluster, params) => addRoute(cluster, params),
);

export const routeRemove = change(
  'route.remove',
  'admin',
  v.strictObject({ route: v.string(), backends: v.array(v.string()) }),
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
    name: v.string(),
    key: PUBLIC_KEY,
    hosts: v.pipe(v.array(v.string()), v.minLength(1)),
  }),
  (cluster, params) => addAnnouncer(cluster, params),
);

export const announcerRemove = change(
  'announcer.remove',
  'admin',
  v.strictObject({ name: v.string() }),
  (cluster, params) => removeAnnouncer(cluster, params),
);

export const announcerList = read('announcer.list', 'admin', v.strictObject({}), async (known) =>
  Object.values(known.cluster.announcers),
);
