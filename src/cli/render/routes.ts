import type { Route } from '../../domain/document/cluster.ts';
import { routePool } from '../../domain/traffic/pools.ts';
import { REFUSAL_REASONS } from '../../domain/traffic/refusals.ts';
import type { ListedAnnouncer, ListedRoute } from '../../operations/routes.ts';
import { table } from './text/table.ts';
import { ageText } from './text/time.ts';

export function routeLine({ host, path, backends, sticky, probe }: Route): string {
  const name = routePool(host, path);
  if (backends.length === 0) return `${name} is no longer a route`;
  const probed = probe === undefined ? '' : `, asked at ${probe}`;
  return `${name} leads to ${backends.join(' ')}${sticky ? ', sticky' : ''}${probed}`;
}

export function routeListLines(routes: readonly ListedRoute[], width: number): string[] {
  if (routes.length === 0) return ['no routes; add one with kato route add'];
  const rows = routes.map(({ route, backends, sticky, announced, probe, leftOut = [] }) => [
    route,
    [
      announced ? 'announced' : 'static',
      ...(sticky ? ['sticky'] : []),
      ...(probe === undefined ? [] : [`asked at ${probe}`]),
    ].join(', '),
    backends.map((one) => (leftOut.includes(one) ? `${one}(left out)` : one)).join(' '),
  ]);
  return table([['ROUTE', 'KIND', 'BACKENDS'], ...rows], width);
}

/** Who may announce what and what is taken, then what was refused lately, and why. */
export function announcerListLines(
  announcers: readonly ListedAnnouncer[],
  width: number,
): string[] {
  if (announcers.length === 0) return ['no announcers; add one with kato route announcer add'];
  // A controller of 0.1.0 does not tell what it takes.
  const rows = announcers.map(({ name, hosts, accepted = '-' }) => [
    name,
    String(accepted),
    hosts.join(' '),
  ]);
  const refused = announcers.flatMap(({ name, refused = [] }) =>
    refused.map(({ reason, count, example, age }) => [
      name,
      String(count),
      `${ageText(age)} ago`,
      `${REFUSAL_REASONS[reason]}: ${example}`,
    ]),
  );
  return [
    ...table([['NAME', 'ROUTES', 'HOSTS'], ...rows], width),
    ...(refused.length > 0
      ? ['', ...table([['REFUSED', 'TIMES', 'LAST', 'WHY'], ...refused], width)]
      : []),
  ];
}
