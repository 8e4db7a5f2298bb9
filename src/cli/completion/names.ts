import type { TokenInfo } from '../../domain/access/tokens.ts';
import { own } from '../../domain/base/own.ts';
import type { Announcer, Certificate } from '../../domain/document/cluster.ts';
import { CLUSTER_SETTINGS } from '../../domain/document/cluster-settings.ts';
import type { SettingDefinition, SettingValue } from '../../domain/roles/role.ts';
import type { RoleStatus, Status } from '../../domain/telling/status.ts';
import type { ListedNode } from '../../operations/nodes.ts';
import type { ListedRoute } from '../../operations/routes.ts';
import { ownCatalogue } from '../framework/home.ts';
import { ask } from '../session/session.ts';
import type { NameKind } from './named.ts';
import type { Name } from './offers.ts';
import type { Wanted } from './wanted.ts';

/** Names of a kind; the words typed before may say of what. Roles and settings need no agent. */
export const NAMES: Record<NameKind, (wanted: Wanted, timeoutMs: number) => Promise<Name[]>> = {
  node: async (_wanted, timeoutMs) => {
    const nodes = await ask<ListedNode[]>('node.list', {}, timeoutMs);
    return nodes.map(({ name, address, state }) => ({ word: name, help: `${address}, ${state}` }));
  },
  address: (_wanted, timeoutMs) => addresses(() => true, timeoutMs),
  'router address': (_wanted, timeoutMs) =>
    addresses((node) => node.roles.includes('router'), timeoutMs),
  role: () => roles(() => true),
  'role of a node': async ({ flags }, timeoutMs) => {
    const has = new Set((await rolesOfNode(flags, timeoutMs)).map(({ name }) => name));
    const { groups } = await ownCatalogue();
    const isMeant = ({ word }: Name) =>
      groups.get(word)?.every((one) => has.has(one)) ?? has.has(word);
    return (await roles(() => true)).filter(isMeant);
  },
  'role to add': () => roles((given) => given === 'add'),
  component: async () => {
    const { roles: all } = await ownCatalogue();
    const withSettings = [...all.values()].filter(({ settings }) => hasAny(settings));
    const named = withSettings.map(({ name, summary }) => ({ word: name, help: summary }));
    return [{ word: 'cluster', help: 'The cluster as a whole' }, ...named];
  },
  setting: async ({ args }) =>
    Object.entries(await settingsOf(args.component)).map(([word, { help }]) => ({ word, help })),
  value: async ({ args }) => {
    const setting = own(await settingsOf(args.component), args.key ?? '');
    return plain(setting?.choices ?? (setting?.type === 'boolean' ? ['true', 'false'] : []));
  },
  item: async ({ args: { component = null, key = null } }, timeoutMs) => {
    const value = await ask<SettingValue>('config.get', { component, key }, timeoutMs);
    return Array.isArray(value) ? plain(value) : [];
  },
  process: async ({ flags }, timeoutMs) => {
    const meant = await rolesOfNode(flags, timeoutMs);
    return meant.flatMap((role) =>
      role.processes.map(({ name, state }) => ({ word: name, help: state })),
    );
  },
  token: async (_wanted, timeoutMs) => {
    const tokens = await ask<TokenInfo[]>('token.list', {}, timeoutMs);
    const usable = tokens.filter(({ state }) => state === 'usable');
    return usable.map(({ id, roles: allowed }) => ({ word: id, help: allowed?.join(' ') ?? '' }));
  },
  route: async (_wanted, timeoutMs) => {
    const routes = await staticRoutes(timeoutMs);
    return routes.map(({ route, backends }) => ({ word: route, help: backends.join(' ') }));
  },
  backend: async ({ args }, timeoutMs) => {
    const routes = await staticRoutes(timeoutMs);
    return plain(routes.find(({ route }) => route === args.route)?.backends ?? []);
  },
  announcer: async (_wanted, timeoutMs) => {
    const announcers = await ask<Announcer[]>('announcer.list', {}, timeoutMs);
    return announcers.map(({ name, hosts }) => ({ word: name, help: hosts.join(' ') }));
  },
  domain: async (_wanted, timeoutMs) => {
    const certificates = await ask<Certificate[]>('certificate.list', {}, timeoutMs);
    return plain(certificates.map(({ domain }) => domain));
  },
  file: async () => [],
};

/** Of the node that the flags mean, or of all. */
async function rolesOfNode(flags: Wanted['flags'], timeoutMs: number): Promise<RoleStatus[]> {
  const { nodes } = await ask<Status>('status', { all: false, live: false }, timeoutMs);
  const isMeant = ({ id, name, address, self }: Status['nodes'][number]): boolean => {
    if ('cluster' in flags) return true;
    return flags.node === undefined ? self : [id, name, address].includes(flags.node);
  };
  return nodes.filter(isMeant).flatMap((node) => node.roles);
}

async function addresses(
  isMeant: (node: ListedNode) => boolean,
  timeoutMs: number,
): Promise<Name[]> {
  const nodes = await ask<ListedNode[]>('node.list', {}, timeoutMs);
  return nodes.filter(isMeant).map(({ name, address }) => ({ word: address, help: name }));
}

async function roles(isMeant: (given: string) => boolean): Promise<Name[]> {
  const catalogue = await ownCatalogue();
  const all = [...catalogue.roles.values()].filter(({ given }) => isMeant(given));
  return [
    ...all.map(({ name, summary }) => ({ word: name, help: summary })),
    ...[...catalogue.groups].map(([word, members]) => ({ word, help: members.join(', ') })),
  ];
}

async function settingsOf(component = ''): Promise<Record<string, SettingDefinition>> {
  if (component === 'cluster') return CLUSTER_SETTINGS;
  const catalogue = await ownCatalogue();
  return catalogue.roles.get(component)?.settings ?? {};
}

/** Those that were announced are not changed by hand. */
async function staticRoutes(timeoutMs: number): Promise<ListedRoute[]> {
  const routes = await ask<ListedRoute[]>('route.list', {}, timeoutMs);
  return routes.filter(({ announced }) => !announced);
}

function plain(words: readonly string[]): Name[] {
  return words.map((word) => ({ word, help: '' }));
}

function hasAny(record: object): boolean {
  return Object.keys(record).length > 0;
}
