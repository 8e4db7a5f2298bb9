import * as v from 'valibot';
import { checkKeyIsFree } from '../domain/access/keys.ts';
import { own } from '../domain/base/own.ts';
import { text, word, words } from '../domain/base/shapes.ts';
import type { Announcer, Route } from '../domain/document/cluster.ts';
import { type LoopJudge, loopJudge } from '../domain/traffic/backends.ts';
import { routePool } from '../domain/traffic/pools.ts';
import { addAnnouncer, addRoute, removeAnnouncer, removeRoute } from '../domain/traffic/routes.ts';
import {
  change,
  PUBLIC_KEY,
  preparedChange,
  type RefusedAnnouncements,
  read,
} from './operation.ts';

/** A host name and a path. */
const ROUTE = text(2048);

export const routeAdd = change(
  'route.add',
  'admin',
  v.strictObject({
    route: ROUTE,
    backends: words,
    sticky: v.boolean(),
    anyBackend: v.optional(v.boolean()),
    probe: v.optional(text(2048)),
  }),
  (cluster, params, asked) => addRoute(cluster, params, asked),
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
  probe?: string;
  /** Backends that are routers by now: no request is sent to them. */
  leftOut?: string[];
}

/** Static routes and those that components announce at the moment. */
export const routeList = read(
  'route.list',
  'anyone',
  v.strictObject({}),
  async ({ cluster, catalogue, announced }): Promise<ListedRoute[]> => {
    const isLoop = loopJudge(cluster, catalogue);
    return [
      ...Object.values(cluster.routes).map((route) => listed(route, isLoop)),
      ...announced.map(({ host, path, backend, sticky }) => ({
        route: routePool(host, path),
        backends: [backend],
        sticky,
        announced: true,
      })),
    ];
  },
);

function listed(route: Route, isLoop: LoopJudge): ListedRoute {
  const { host, path, backends, sticky, probe } = route;
  const leftOut = backends.filter((backend) => isLoop(backend, route));
  const name = routePool(host, path);
  const more = {
    ...(probe === undefined ? {} : { probe }),
    ...(leftOut.length > 0 ? { leftOut } : {}),
  };
  return { route: name, backends, sticky, announced: false, ...more };
}

/** The asker makes the key and keeps its seed: the cluster learns the public key only. */
export const announcerAdd = preparedChange(
  'announcer.add',
  'admin',
  v.strictObject({
    name: word,
    key: PUBLIC_KEY,
    hosts: v.pipe(words, v.minLength(1)),
  }),
  async ({ controllerKeys }, params) => ({
    decide: (cluster) => {
      checkKeyIsFree(cluster, params.key, { controllerKeys });
      return addAnnouncer(cluster, params);
    },
  }),
);

export const announcerRemove = change(
  'announcer.remove',
  'admin',
  v.strictObject({ name: word }),
  (cluster, params) => removeAnnouncer(cluster, params),
);

export interface ListedAnnouncer extends Announcer {
  /** How many (route, backend) pairs are taken from it now. */
  accepted: number;
  /** What was refused in the last minutes. */
  refused: RefusedAnnouncements[];
}

export const announcerList = read(
  'announcer.list',
  'admin',
  v.strictObject({}),
  async ({ cluster, announced, announcements }): Promise<ListedAnnouncer[]> => {
    const refused = announcements.refused();
    return Object.values(cluster.announcers).map((announcer) => ({
      ...announcer,
      accepted: announced.filter((route) => route.announcer === announcer.name).length,
      refused: own(refused, announcer.name) ?? [],
    }));
  },
);
