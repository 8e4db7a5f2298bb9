import { open, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { checkHostname } from '../../domain/base/names.ts';
import { run } from '../command.ts';
import { isErrno, writeFileAtomic } from '../disk/files.ts';

/** This is Debian's own convention for the line of a machine's name. */
const OWN_ADDRESS = '127.0.1.1';

/**
 * Gives this machine its name, now and at the next boot, and makes it resolve here. Idempotent.
 * Fails with BAD_NAME, READ_ONLY or NO_SPACE.
 */
export async function setHostname(name: string): Promise<void> {
  const full = checkHostname(name, 'the host name');
  const label = full.split('.')[0]!;
  const old = hostname();
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1\tlocalhost\n');
  await writeSystemFile('/etc/hosts', hostsWith(hosts, full, label, old));
  await writeSystemFile('/etc/hostname', `${label}\n`);
  await run(['hostname', label]);
}

/** The file with one line for the own name, and other names that a person gave it kept. */
export function hostsWith(hosts: string, full: string, label: string, old: string): string {
  const lines = hosts.replace(/\n$/, '').split('\n');
  const names = full === label ? [label] : [full, label];
  const index = lines.findIndex((line) => line.trim().split(/\s+/)[0] === OWN_ADDRESS);
  if (index < 0) return `${[...lines, `${OWN_ADDRESS}\t${names.join(' ')}`].join('\n')}\n`;
  const stale = [...names, old, old.split('.')[0]!];
  const others = lines[index]!.trim()
    .split(/\s+/)
    .slice(1)
    .filter((name) => !stale.includes(name) && !name.startsWith(`${old}.`));
  lines[index] = `${OWN_ADDRESS}\t${[...names, ...others].join(' ')}`;
  return `${lines.join('\n')}\n`;
}

/** In place where the file is a mount of its own, as in containers: no rename goes there. */
async function writeSystemFile(path: string, content: string): Promise<void> {
  try {
    await writeFileAtomic(path, content, { mode: 0o644 });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!isErrno(cause) || cause.code !== 'EBUSY') throw error;
    const file = await open(path, 'r+');
    try {
      // In this order it is never empty, whatever happens in between.
      await file.writeFile(content);
      await file.truncate(Buffer.byteLength(content));
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
