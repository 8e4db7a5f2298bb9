import { refuse } from '../base/error.ts';
import {
  checkBackend,
  checkHostPattern,
  didYouMean,
  isIdentifier,
  isRoutersOwn,
  ROUTERS_OWN,
} from '../base/names.ts';
import { own } from '../base/own.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Announcer, Cluster, Route } from '../document/cluster.ts';
import { type BackendJudge, backendJudge, refusedBackend } from './backends.ts';
import { routePool } from './pools.ts';

const PATH = /^(?:\/[A-Za-z0-9._~-]+)*\/?$/;
const PATH_LENGTH_MAX = 255;
const BACKENDS_MAX = 500;
const BY_CONNECTION = 'tcp';

export interface RouteAdd {
  /** `host` or `host/path`. */
  route: string;
  backends: string[];
  sticky: boolean;
  /** A path, or `tcp` for a connection alone; left as it is where nothing is said. */
  probe?: string | undefined;
  /** The admin insists on backends that would be refused. */
  anyBackend?: boolean | undefined;
}

/** Adds backends to a route, or makes it. */
export function addRoute(cluster: Cluster, params: RouteAdd, asked: Asked): Decision<Route> {
  const { host, path } = parseRoute(params.route);
  reserve(cluster, host);
  checkPathIsFree(path);
  const key = routePool(host, path);
  const before = own(cluster.routes, key);
  const given = params.backends.map(checkBackend);
  const judge = backendJudge(cluster, asked.catalogue);
  const odd = given.filter((backend) => judge(backend) !== null);
  if (params.anyBackend !== true) refuseOdd(odd, before, judge);
  const backends = [...new Set([...(before?.backends ?? []), ...given])];
  if (backends.length === 0) {
    throw refuse('USAGE', `the route ${key} needs a backend`, undefined, 'give ADDRESS:PORT');
  }
  if (backends.length > BACKENDS_MAX) {
    throw refuse('BAD_VALUE', `a route has at most ${BACKENDS_MAX} backends`);
  }
  const sticky = params.sticky || before?.sticky === true;
  const insisted = [...(before?.anyBackends ?? []), ...(params.anyBackend === true ? odd : [])];
  const probe = probeOf(params.probe, before);
  const route = withInsisted({ host, path, backends, sticky, ...probe }, insisted);
  if (JSON.stringify(route) === JSON.stringify(before)) return unchanged(cluster, route);
  const routes = { ...cluster.routes, [key]: route };
  return changed(cluster, { routes }, route);
}

function probeOf(given: string | undefined, before: Route | undefined): Pick<Route, 'probe'> {
  if (given === undefined) return before?.probe === undefined ? {} : { probe: before.probe };
  if (given === BY_CONNECTION) return {};
  if (isPlainPath(given)) return { probe: given };
  throw refuse(
    'BAD_VALUE',
    `'${given}' is not a path at which a backend can be asked`,
    'it begins with /, and has letters, digits and . _ ~ - between them',
    `--probe /healthz, or --probe ${BY_CONNECTION} for a connection alone`,
  );
}

/** What the route has already may be said again, unless its pool leaves it out. */
function refuseOdd(odd: readonly string[], before: Route | undefined, judge: BackendJudge): void {
  for (const backend of odd) {
    const fault = judge(backend)!;
    const has = before?.backends.includes(backend) === true;
    const insisted = before?.anyBackends?.includes(backend) === true;
    if (!insisted && (!has || fault.isLoop)) throw refusedBackend(backend, fault);
  }
}

function withInsisted(route: Route, insisted: readonly string[]): Route {
  const anyBackends = [...new Set(insisted)].filter((one) => route.backends.includes(one));
  return anyBackends.length === 0 ? route : { ...route, anyBackends };
}

/** Removes some backends of a route, or with none named, all of it. */
export function removeRoute(
  cluster: Cluster,
  params: { route: string; backends: string[] },
): Decision<Route> {
  const { host, path } = parseRoute(params.route);
  const key = routePool(host, path);
  const before = own(cluster.routes, key);
  if (before === undefined) {
    const meant = didYouMean(key, Object.keys(cluster.routes));
    throw refuse('NOT_FOUND', `there is no route ${key}`, meant, 'kato route list shows all');
  }
  const going = new Set(params.backends.map(checkBackend));
  const unknown = [...going].find((backend) => !before.backends.includes(backend));
  if (unknown !== undefined) {
    const has = `it has ${before.backends.join(', ')}`;
    throw refuse('NOT_FOUND', `the route ${key} has no backend ${unknown}`, has);
  }
  const backends = going.size === 0 ? [] : before.backends.filter((backend) => !going.has(backend));
  const { [key]: _gone, ...others } = cluster.routes;
  const { anyBackends = [], ...rest } = before;
  const route = withInsisted({ ...rest, backends }, anyBackends);
  const routes = backends.length === 0 ? others : { ...others, [key]: route };
  return changed(cluster, { routes }, route);
}

export function parseRoute(text: string): { host: string; path: string } {
  if (/^[a-z]+:\/\//i.test(text)) {
    const bare = text.replace(/^[^/]*\/\//, '');
    throw refuse('BAD_NAME', `'${text}' is not a route`, 'a route has no scheme', `give ${bare}`);
  }
  const at = text.indexOf('/');
  const host = checkHostPattern(at < 0 ? text : text.slice(0, at));
  const path = at < 0 ? '/' : text.slice(at);
  if (isPlainPath(path)) {
    return { host, path: path === '/' ? path : path.replace(/\/$/, '') };
  }
  throw refuse(
    'BAD_NAME',
    `'${path}' is not a path for a route`,
    'parts of letters, digits and . _ ~ - with one / between them are allowed, not . and .. alone',
  );
}

function isPlainPath(path: string): boolean {
  const climbs = path.split('/').some((part) => part === '.' || part === '..');
  return path.startsWith('/') && PATH.test(path) && !climbs && path.length <= PATH_LENGTH_MAX;
}

/** The cluster's own name is nobody else's. */
function reserve(cluster: Cluster, host: string): void {
  if (host !== cluster.endpoint) return;
  throw refuse(
    'CONFLICT',
    `${host} is the endpoint of the cluster`,
    'it leads to the controllers and cannot be a route',
  );
}

/** What routers answer themselves would never reach a backend. */
export function checkPathIsFree(path: string): void {
  if (!isRoutersOwn(path)) return;
  throw refuse(
    'CONFLICT',
    `'${path}' cannot be the path of a route`,
    `routers answer ${ROUTERS_OWN} and what is below it themselves`,
    'give another path',
  );
}

export interface AnnouncerAdd {
  name: string;
  key: string;
  hosts: string[];
}

/** Lets a component announce routes for some host names, with a key of its own. */
export function addAnnouncer(cluster: Cluster, params: AnnouncerAdd): Decision<Announcer> {
  const { name, key } = params;
  if (!isIdentifier(name)) {
    throw refuse(
      'BAD_NAME',
      `'${name}' is not a name for an announcer`,
      'a letter, then a-z, 0-9, _ and - are allowed, at most 63 characters',
    );
  }
  if (own(cluster.announcers, name) !== undefined) {
    throw refuse(
      'CONFLICT',
      `there is already an announcer '${name}'`,
      'its key is shown once, by the command that makes it',
      `replace it: kato route announcer remove ${name}, then add it again`,
    );
  }
  const hosts = params.hosts.map(checkHostPattern);
  if (hosts.length === 0) throw refuse('USAGE', `the announcer '${name}' needs a host name`);
  for (const host of hosts) reserve(cluster, host);
  const announcer = { name, key, hosts };
  const announcers = { ...cluster.announcers, [name]: announcer };
  return changed(cluster, { announcers }, announcer);
}

export function removeAnnouncer(cluster: Cluster, params: { name: string }): Decision<Announcer> {
  const { [params.name]: _gone, ...announcers } = cluster.announcers;
  const announcer = own(cluster.announcers, params.name);
  if (announcer === undefined) {
    throw refuse(
      'NOT_FOUND',
      `there is no announcer '${params.name}'`,
      didYouMean(params.name, Object.keys(announcers)),
      'kato route announcer list shows all',
    );
  }
  return changed(cluster, { announcers }, announcer);
}

/** Whether an announcer may speak for a host name. `*.x` covers every name below x. */
export function mayAnnounce(cluster: Cluster, announcer: Announcer, host: string): boolean {
  if (host === cluster.endpoint) return false;
  return announcer.hosts.some((pattern) =>
    pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern,
  );
}
