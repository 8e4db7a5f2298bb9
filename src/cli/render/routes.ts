import type { Route } from '../../domain/cluster.ts';
import { routePool } from '../../domain/pools.ts';
import type { ListedRoute } from '../../operations/routes.ts';
import { table } from './table.ts';

export function routeLine({ host, path, backends, sticky }: Route): string {
  const name = routePool(host, path);
  if (backends.length === 0) return `${name} is no route any more`;
  return `${name} leads to ${backends.join(' ')}${sticky ? ', sticky' : ''}`;
}

export function routeListLines(routes: readonly ListedRoute[]): string[] {
  if (routes.length === 0) return ['no route; add one with kato route add'];
  const rows = routes.map(({ route, backends, sticky, announced, leftOut = [] }) => [
    route,
    [announced ? 'announced' : 'static', ...(sticky ? ['sticky'] : [])].join(', '),
    backends.map((one) => (leftOut.includes(one) ? `${one}(left out)` : one)).join(' '),
  ]);
  return table([['ROUTE', 'KIND', 'BACKENDS'], ...rows]);
}
