import type { Cluster } from '../../src/domain/document/cluster.ts';
import {
  announce,
  announcementRules,
  createRegistry,
  heldRoutes,
  withdraw,
} from '../../src/domain/traffic/announcements.ts';
import type { RefusalReason } from '../../src/domain/traffic/refusals.ts';
import { catalogue, clusterWith } from './clusters.ts';

/** Two, with rights of their own. */
export const ANNOUNCERS = {
  shop: { name: 'shop', key: 'U', hosts: ['*.example.com', 'shop.org'] },
  blog: { name: 'blog', key: 'V', hosts: ['*.blog.org'] },
};
const LIMITS = { 'announced.perAnnouncer': 10, 'announced.total': 15 };
/** With a router on web at 10.0.0.2, where few routes may be announced. */
export const cluster = clusterWith(
  { web: ['router'] },
  { announcers: ANNOUNCERS, settings: { cluster: LIMITS } },
);
/** One controller, and what it is told. */
export function heard(of: Cluster = cluster) {
  const registry = createRegistry();
  const rules = announcementRules(of, catalogue);
  const body = (uris: unknown, more: object) => ({ host: '10.0.0.9', port: 8080, uris, ...more });
  return {
    registry,
    rules,
    register: (uris: unknown, { at = 0, by = 'shop', ...more }: Said = {}) =>
      announce(registry, rules, by, body(uris, more), at),
    unregister: (uris: unknown, { at = 0, by = 'shop', ...more }: Said = {}) =>
      withdraw(registry, rules, by, body(uris, more), at),
    leads: () => heldRoutes(registry).map(({ host, path }) => `${host}${path}`),
    refused: (reason: RefusalReason, by = 'shop') => registry.refusals.get(by)?.get(reason),
  };
}

interface Said {
  at?: number;
  by?: string;
  host?: unknown;
  port?: unknown;
  tags?: unknown;
}

/** So many host names in an order that sorts. */
export const names = (count: number, domain = 'example.com') =>
  Array.from({ length: count }, (_, i) => `a${String(i).padStart(3, '0')}.${domain}`);
