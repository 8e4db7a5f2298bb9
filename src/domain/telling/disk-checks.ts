import type { Paths } from '../making/paths.ts';
import type { Catalogue } from '../roles/role.ts';
import type { Check } from './check.ts';
import type { Status } from './status.ts';

const DISK_FREE_WARNING = 0.1;
const DISK_FREE_CRITICAL = 0.03;

/** A folder, what it holds, and the free share of its file system, from 0 to 1. */
export interface Disk extends KeptFolder {
  free: number;
}

export interface KeptFolder {
  folder: string;
  /** Empty for the state of kato itself. */
  holds: string;
}

/** Where this node keeps what must be written: its state, its logs, and the data of its processes. */
export function keptFolders({ nodes }: Status, { roles }: Catalogue, paths: Paths): KeptFolder[] {
  const own = nodes.filter(({ self }) => self).flatMap((node) => node.roles);
  const processes = own.flatMap(({ name }) => roles.get(name)?.processes ?? []);
  const folders = processes
    .filter(({ data }) => data)
    .map(({ name }) => `${paths.data}/${name}`)
    .map((folder) => ({ folder, holds: `with ${folder} ` }));
  return [
    { folder: paths.state, holds: '' },
    { folder: paths.log, holds: 'with the logs ' },
    ...folders,
  ];
}

/** Of whichever has least. */
export function diskCheck(disks: readonly Disk[]): Check {
  const [least] = disks.toSorted((one, other) => one.free - other.free);
  if (least === undefined) {
    return { name: 'disk', level: 'unknown', message: 'the disk of this node cannot be measured' };
  }
  const { free, holds } = least;
  const level =
    free < DISK_FREE_CRITICAL ? 'critical' : free < DISK_FREE_WARNING ? 'warning' : 'ok';
  const percent = Math.floor(free * 100);
  const message = `${percent} % of the disk ${holds}of this node is free`;
  return { name: 'disk', level, message, value: percent };
}

export function lostLinesChecks({ warnings }: Status): Check[] {
  return warnings
    .filter(({ code }) => code === 'LOG_LOST')
    .map(({ message, node }) => ({
      name: 'disk',
      level: 'critical',
      message,
      ...(node === undefined ? {} : { subject: node }),
    }));
}
