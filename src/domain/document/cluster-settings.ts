import type { SettingDefinition, SettingValue } from '../roles/role.ts';
import type { Cluster } from './cluster.ts';

/** Settings of the component `cluster`. Times are seconds; the names of the heartbeat are Rundeck's. */
export const CLUSTER_SETTINGS: Record<string, SettingDefinition> = {
  'heartbeat.interval': {
    type: 'number',
    default: 2,
    minimum: 0.1,
    maximum: 3600,
    help: 'Seconds between two heartbeats of a node. A smaller value finds dead nodes sooner, but costs traffic.',
  },
  'heartbeat.delay': {
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 3600,
    help: 'Seconds an agent waits after its start before its first heartbeat.',
  },
  'heartbeat.considerInactive': {
    type: 'number',
    default: 6,
    minimum: 0.2,
    maximum: 36_000,
    help: 'Seconds of silence after which a node is inactive. At least twice the interval.',
  },
  'heartbeat.considerDead': {
    type: 'number',
    default: 12,
    minimum: 0.4,
    maximum: 360_000,
    help: 'Seconds of silence after which a node is dead: pools leave it out. At least twice considerInactive.',
  },
  'announced.perAnnouncer': {
    type: 'integer',
    default: 1000,
    minimum: 1,
    maximum: 5000,
    help: 'How many backends of routes one announcer may hold; a backend counts once for each of its routes.',
  },
  'announced.total': {
    type: 'integer',
    default: 2000,
    minimum: 1,
    maximum: 5000,
    help: 'The same for all announcers together. Routers get what was announced first.',
  },
  'export.node': {
    type: 'string',
    default: '',
    help: 'Node that keeps an encrypted export of the cluster, in case the core is lost; none when empty. kato data keep sets it.',
  },
  'export.interval': {
    type: 'number',
    default: 600,
    minimum: 60,
    maximum: 604_800,
    help: 'Seconds after which that node fetches a newer one, if there is one.',
  },
};

/** Those that agents go by: the others are for controllers alone, and no matter of a node. */
export const OF_AGENTS = ['heartbeat.interval', 'heartbeat.delay'];

/** The value of one of them: as it was set, or its default. */
export function clusterSetting({ settings }: Cluster, key: string): SettingValue {
  return settings.cluster?.[key] ?? CLUSTER_SETTINGS[key]!.default;
}
