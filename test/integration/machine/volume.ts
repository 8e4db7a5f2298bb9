import { mkdir, rename, symlink } from 'node:fs/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { run } from '../../../src/machine/command.ts';
import { shutdownSupervision } from '../../../src/machine/s6/shutdown.ts';
import { endNode, onePass, processSpec, testNode } from './node.ts';

/** What a first run of the database makes, and what both write when they start. */
export const BASE = 'base';
export const ROWS = 'base/rows';
/** Refuses a folder with anything in it, as initdb does. */
export const INITIALIZE = `test -z "$(ls -A)" && mkdir ${BASE} && echo first >${ROWS}`;
const WORK = ['sh', '-c', 'echo started >>rows; exec sleep infinity'];

/** A node with one process `db` that keeps data, on a volume or not. */
export interface DataNode {
  paths: Paths;
  folder: string;
  volume: string;
  /** Has a first run. */
  database: ProcessSpec;
  /** Makes its data as it starts. */
  store: ProcessSpec;
  /** The two ways in which a folder is on a volume, and how the volume comes and goes. */
  volumes: Record<'link' | 'mount', { come(): Promise<unknown>; go(): Promise<unknown> }>;
  /** Codes of what failed. */
  codes(spec: ProcessSpec): Promise<string[]>;
  end(): Promise<void>;
}

export async function dataNode(): Promise<DataNode> {
  const paths = await testNode();
  await run(['chmod', '0755', paths.root]);
  const folder = `${paths.data}/db`;
  const volume = `${paths.root}/volume`;
  await mkdir(volume);
  await mkdir(paths.data, { recursive: true });
  const kept = { name: 'db', user: 'redis', dataFolder: folder };
  return {
    paths,
    folder,
    volume,
    store: processSpec(paths, { ...kept, argv: WORK }),
    database: processSpec(paths, {
      ...kept,
      argv: ['sh', '-c', `cd ${BASE} && exec "$@"`, 'sh', ...WORK],
      initialize: { argv: ['sh', '-c', INITIALIZE], marker: ROWS, readsConfig: false },
    }),
    volumes: {
      link: {
        come: async () => {
          await rename(`${volume}.away`, volume).catch(() => undefined);
          await symlink(volume, folder).catch(() => undefined);
        },
        go: () => rename(volume, `${volume}.away`),
      },
      mount: {
        come: async () => {
          await mkdir(folder, { recursive: true });
          await run(['mount', '--bind', volume, folder]);
        },
        go: () => run(['umount', folder]),
      },
    },
    codes: async (spec) => (await onePass([spec], paths)).map(({ code }) => code),
    end: async () => {
      await shutdownSupervision(paths);
      await run(['umount', folder]).catch(() => undefined);
      await endNode(paths);
    },
  };
}
