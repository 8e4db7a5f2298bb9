import { refuse } from '../base/error.ts';
import type { Seen, SettingValue } from '../roles/role.ts';
import { secretsOfRole } from '../roles/roles.ts';
import { loadBalancerValues } from '../traffic/nginx/load-balancer-values.ts';
import { routerValues } from '../traffic/nginx/router-values.ts';
import { addressesOf } from '../traffic/nginx/upstreams.ts';
import { ROUTERS } from '../traffic/proxies.ts';
import type { View } from '../views/view.ts';
import { busValues } from './bus-values.ts';
import type { Values } from './fill.ts';
import type { PlannedProcess } from './processes.ts';
import type { CommonValues, CompileInput } from './values.ts';

const LOOPBACK = '127.0.0.1';

/** The values for one process: the common ones, and what only its templates need. */
export function templateValues(input: CompileInput, planned: PlannedProcess): CommonValues {
  const { view, paths, secrets } = input;
  const { name } = planned.definition;
  const { address, id, hostname, zone } = view.node;
  // Several nodes on one machine have loopback addresses of their own and must not meet.
  const isLoopback = address.startsWith('127.');
  const addresses = isLoopback ? [address] : [address, LOOPBACK];
  const common: CommonValues = {
    process: name,
    cluster: view.cluster,
    node: { id, name: view.node.name, hostname, zone },
    address,
    listen: isLoopback ? address : '0.0.0.0',
    local: isLoopback ? address : LOOPBACK,
    addresses,
    bind: addresses.join(','),
    settings: settingsOf(view, planned),
    secrets: ownSecrets(secrets, planned),
    shared: secrets,
    programs: below(input.programs, `${name}/`),
    peers: planned.roles.flatMap(({ name: role }) => view.peers?.[role] ?? []),
    pools: Object.fromEntries(
      view.pools
        .filter(({ kind }) => kind !== 'route')
        .map((pool) => [pool.name, addressesOf(pool)]),
    ),
    config: `${paths.config}/${name}/current`,
    configFolder: `${paths.config}/${name}/current`,
    dataFolder: `${paths.data}/${name}`,
    data: `${paths.data}/${name}`,
    run: paths.run,
    cacheFolder: paths.cache,
    kato: input.kato,
  };
  return { ...common, ...specialValues(input, planned, common) };
}

/** Lists that a template loops over are made here, of what the process's roles see of the cluster. */
function specialValues(
  { view, secrets }: CompileInput,
  { roles }: PlannedProcess,
  common: CommonValues,
): object {
  const sees = (seen: Seen): boolean => roles.some((role) => role.sees.includes(seen));
  return {
    ...(sees('users') ? busValues(view, secrets, common) : {}),
    ...(sees('routes') ? routerValues(view, secrets, common) : {}),
    ...(sees(`pools/${ROUTERS}`) ? loadBalancerValues(view, secrets, common) : {}),
  };
}

/** The items of a file that says `each`, every one with the common values. */
export function itemsOf(values: CommonValues, list: string): Values[] {
  const items = values[list];
  if (Array.isArray(items)) return items.map((item: Values) => ({ ...values, ...item }));
  throw refuse('ROLE_FILE', `'each: ${list}' names no list of values`);
}

function settingsOf(view: View, { roles }: PlannedProcess): Record<string, SettingValue> {
  const defaults = roles.flatMap((role) =>
    Object.entries(role.settings).map(([key, setting]) => [key, setting.default] as const),
  );
  const set = roles.map((role) => view.settings[role.name]);
  return Object.assign({}, Object.fromEntries(defaults), ...set) as Record<string, SettingValue>;
}

function ownSecrets(
  secrets: Readonly<Record<string, string>>,
  { roles }: PlannedProcess,
): Record<string, string> {
  return Object.assign(
    {},
    ...roles.flatMap(({ name }) => [
      below(secrets, secretsOfRole(name)),
      below(secrets, `${name}/`),
    ]),
  );
}

function below(values: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
