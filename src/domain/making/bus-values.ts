import { type BusUsersValues, busUsersValues } from '../access/bus-permissions.ts';
import { refuse } from '../base/error.ts';
import type { BusUser, View } from '../views/view.ts';
import type { CommonValues } from './values.ts';

/** What `templates/nats-server/` loops over and fills in. */
export interface BusValues extends BusUsersValues {
  clusterId: string;
  port: number;
  monitorPort: number;
  /** PEM: the leaf and the cluster's CA. */
  certificate: string;
  key: string;
}

export function busValues(
  view: View,
  secrets: Readonly<Record<string, string>>,
  { settings }: CommonValues,
): BusValues {
  return {
    ...busUsersValues([...view.busUsers, ...wardensOf(view)]),
    clusterId: view.cluster.id,
    port: Number(settings.port),
    monitorPort: Number(settings.monitor_port),
    certificate: secretOf(secrets, 'bus/certificate'),
    key: secretOf(secrets, 'bus/key'),
  };
}

function wardensOf({ warden }: View): BusUser[] {
  return warden === undefined ? [] : [{ kind: 'warden', key: warden }];
}

function secretOf(secrets: Readonly<Record<string, string>>, name: string): string {
  const value = secrets[name];
  if (value !== undefined) return value.trimEnd();
  throw refuse('FAILED', `this node was not given the secret ${name}`);
}
