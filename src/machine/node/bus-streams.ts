import { readdir, stat } from 'node:fs/promises';
import type { Paths } from '../../domain/making/paths.ts';
import { isErrno } from '../disk/files.ts';

/** Streams that have messages in the data folder of the bus, whether it has loaded them or not. */
export async function streamsOnDisk(paths: Paths): Promise<string[]> {
  const folder = `${paths.data}/nats-server/jetstream/KATO/streams`;
  const found: string[] = [];
  for (const name of await entriesOf(folder)) {
    const blocks = await entriesOf(`${folder}/${name}/msgs`);
    const sizes = await Promise.all(
      blocks
        .filter((block) => block.endsWith('.blk'))
        .map((block) => stat(`${folder}/${name}/msgs/${block}`).then(({ size }) => size)),
    );
    if (sizes.some((size) => size > 0)) found.push(name);
  }
  return found.sort();
}

function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isErrno(error) && error.code === 'ENOENT') return [];
    throw error;
  });
}
