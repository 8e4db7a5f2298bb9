import { isHostPattern, isRoutersOwn } from '../../base/names.ts';
import type { CommonValues } from '../../making/values.ts';
import type { View } from '../../views/view.ts';
import type { Pool } from '../pools.ts';
import { type Below, belowPatterns, type Place } from './below.ts';
import { certificateFor } from './certificate-files.ts';
import { type ProxyValues, proxyValues } from './proxy-values.ts';
import { type StickyPool, stickyPool } from './sticky.ts';
import {
  addressesOf,
  EMPTY_POOL,
  hasSeveral,
  poolOfKind,
  sharingZone,
  type Upstreams,
  upstream,
  upstreamName,
} from './upstreams.ts';

/** What `templates/nginx/router.conf` loops over. */
export interface RouterValues extends ProxyValues, Upstreams {
  stickyPools: StickyPool[];
  /** Backends that a cookie may name. */
  stickyBackends: { address: string; id: string }[];
  /** Patterns that serve paths of the hosts below them. */
  below: Below[];
  hosts: HostView[];
}

interface HostView {
  name: string;
  /**
   * Null where the fallback serves it, which the default server has already: nginx would load it for
   * each host again, 4 s for 5,000 of them.
   */
  certificate: string | null;
  /** Something is at `/`; else the rest is what a pattern above the host has for it, or 404. */
  hasRoot: boolean;
  below: Below | null;
  hasLastResort: boolean;
  locations: LocationView[];
}

interface LocationView extends Pick<Place, 'target' | 'cookie'> {
  /** `/`, `= /path` or `/path/`: nginx takes the longest that fits. */
  match: string;
}

interface Leads {
  host: string;
  path: string;
  pool: Pool;
}

/** Characters that nginx takes as they are. */
const PATH = /^\/[A-Za-z0-9._~/-]*$/;

export function routerValues(
  view: View,
  secrets: Readonly<Record<string, string>>,
  common: CommonValues,
): RouterValues {
  const proxy = proxyValues(view, secrets, common);
  const leads = leadsOf(view);
  const filled = leads.filter(({ pool }) => addressesOf(pool).length > 0);
  const sticky = filled.filter(({ pool }) => pool.sticky === true);
  const stickyPools = sticky.map((lead, index) => stickyPool(index, lead.pool, lead.path));
  const backends = new Map(
    stickyPools.flatMap((pool) => pool.members.map(({ address, id }) => [address, id] as const)),
  );
  const places = leads.map((lead): Place => {
    const index = sticky.indexOf(lead);
    const target = index < 0 ? upstreamName(lead.pool) : `$sticky_pool_${index}`;
    return {
      host: lead.host,
      path: lead.path,
      target: filled.includes(lead) ? target : '',
      cookie: index < 0 ? '' : `$sticky_cookie_${index}`,
    };
  });
  const below = belowPatterns(places);
  const several = new Set(leads.filter(({ pool }) => hasSeveral(pool)).map(({ host }) => host));
  return {
    ...proxy,
    ...sharingZone([
      ...filled.map((lead) => upstream(lead.pool)),
      ...stickyPools.flatMap((pool) => pool.upstreams),
    ]),
    stickyPools,
    stickyBackends: [...backends].map(([address, id]) => ({ address, id })),
    below: [...new Set(below.values())].sort((a, b) => a.index - b.index),
    hosts: [...Map.groupBy(places, ({ host }) => host)].map(([name, ofHost]) => ({
      name,
      certificate: ownCertificate(proxy, name),
      hasRoot: ofHost.some(({ path }) => path === '/'),
      below: below.get(name) ?? null,
      hasLastResort: several.has(name) || below.has(name),
      locations: ofHost.flatMap(({ path, target, cookie }) =>
        matches(path).map((match) => ({ match, target, cookie })),
      ),
    })),
  };
}

function ownCertificate({ certificates, fallback }: ProxyValues, host: string): string | null {
  const file = certificateFor(certificates, host);
  return file === fallback ? null : file;
}

/** The endpoint to the controllers, then the routes; what nginx could not take is left out. */
function leadsOf(view: View): Leads[] {
  const { endpoint } = view.cluster;
  const api: Leads = { host: endpoint, path: '/', pool: poolOfKind(view, 'controllers') };
  const pools = new Map(view.pools.map((pool) => [pool.name, pool]));
  const routes = view.routes
    .filter(({ host, path }) => host !== endpoint && isHostPattern(host) && isServed(path))
    .map((route) => ({
      host: route.host,
      path: route.path.replace(/\/+$/, '') || '/',
      pool: pools.get(route.pool) ?? EMPTY_POOL,
    }));
  const all = isHostPattern(endpoint) ? [api, ...routes] : routes;
  return [...new Map(all.map((lead) => [`${lead.host} ${lead.path}`, lead])).values()];
}

function isServed(path: string): boolean {
  return PATH.test(path) && !isRoutersOwn(path);
}

/** `/api` is also `/api/x` but not `/apix`. */
function matches(path: string): string[] {
  return path === '/' ? ['/'] : [`= ${path}`, `${path}/`];
}
