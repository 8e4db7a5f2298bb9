import type { Catalogue, SettingValue } from '../roles/role.ts';
import type { Peer, View } from '../views/view.ts';
import type { Values } from './fill.ts';
import type { Paths } from './paths.ts';

export interface CompileInput {
  view: View;
  /** By name: `<role>/<secret>` for the node's own, `bus/key` and the like for shared ones. */
  secrets: Readonly<Record<string, string>>;
  catalogue: Catalogue;
  /** Fills a template in; ROLE_FILE when it names what the view has not. */
  render: (template: string, view: object) => string;
  paths: Paths;
  bootId: string;
  /** Where programs are whose path has a version in it, by `process/program`. */
  programs: Readonly<Record<string, string>>;
  /** Path of bin/kato. */
  kato: string;
}

/** What every template and every `${...}` of a role file can name. */
export interface CommonValues extends Values {
  process: string;
  cluster: View['cluster'];
  node: { id: string; name: string; hostname: string; zone: string };
  address: string;
  /** The address for what listens on all of them. */
  listen: string;
  /** The loopback address, for what only this node asks. */
  local: string;
  /** The node's address and the loopback one, as a list and joined by commas. */
  addresses: string[];
  bind: string;
  /** Of the process's roles, with defaults. */
  settings: Record<string, SettingValue>;
  /** Of the process's roles by their short names, and those that nodes share by their full ones. */
  secrets: Record<string, string>;
  shared: Readonly<Record<string, string>>;
  programs: Record<string, string>;
  /** Other nodes with the process's roles, where these see their peers. */
  peers: readonly Peer[];
  /** Where to reach what other roles serve, as `address:port`, by the pool's name, where the node sees it. */
  pools: Record<string, readonly string[]>;
  /** The folders of its config and its data: both have two names. */
  config: string;
  configFolder: string;
  dataFolder: string;
  data: string;
  run: string;
  cacheFolder: string;
  kato: string;
}

/** Those names, with the ones below them: null for what is no list of names, or for any. */
export const TEMPLATE_NAMES: Readonly<Record<string, readonly string[] | null>> = {
  process: null,
  cluster: ['id', 'endpoint', 'core', 'busPort'],
  node: ['id', 'name', 'hostname', 'zone'],
  address: null,
  listen: null,
  local: null,
  addresses: null,
  bind: null,
  settings: null,
  secrets: null,
  shared: null,
  programs: null,
  peers: null,
  pools: null,
  config: null,
  configFolder: null,
  dataFolder: null,
  data: null,
  run: null,
  cacheFolder: null,
  kato: null,
};
