import { lstat, readdir, realpath, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { exists, makeFolder, movePath, readIfExists, writeFileAtomic } from './files.ts';
import { mountPoints } from './mounts.ts';

export interface Aside {
  /** Name of the node that the machine was: a part of the folder's name. */
  node: string;
  /** Paths below /var/lib/kato; all that is there when not given. */
  only?: readonly string[];
  /** For who goes on after an interruption, and has no identity to read any more. */
  whose?: Whose;
}

/** The node that a machine was. */
interface Whose {
  nodeId: string;
  name: string;
  core: { address: string };
}

/** One rename, of what is called `entry` below the root, into a folder with a stamp. */
interface Move {
  entry: string;
  from: string;
  to: string;
  place: string;
}

/** Below a folder that is a file system of its own: what is on it stays on it. */
const HIDDEN = '.aside';

/** What an interrupted run left to be gone on with. */
interface UnderWay {
  name: string;
  only: readonly string[] | null;
  whose?: Whose;
}

/**
 * Moves what this machine has of kato into a folder of its own below `/var/lib/kato/aside`, by
 * renames alone: nothing is copied, nothing is deleted. Returns where it is. Run again after an
 * interruption it goes on in the same folder. CONFLICT, with all as it was, where something is
 * mounted that no rename moves; NO_SPACE or READ_ONLY likewise.
 */
export async function setAside(paths: Paths, { node, only, whose }: Aside): Promise<string[]> {
  const root = await realpath(dirname(paths.aside));
  const begun = await asideUnderWay(paths);
  let name = begun?.name ?? (await freshName(root, node));
  let moves = await planMoves(root, await entriesOf(root, only), name);
  if (begun !== null && (await anyExists(moves))) {
    // Left by a run that nobody took up again: what it moved is not of today.
    name = await freshName(root, node);
    moves = await planMoves(root, await entriesOf(root, only), name);
  }
  await makeFolder(paths.aside, 0o700);
  const mark: UnderWay = { name, only: only ?? null, ...(whose === undefined ? {} : { whose }) };
  await writeFileAtomic(markOf(paths), JSON.stringify(mark), { mode: 0o600 });
  await makeFolder(`${root}/aside/${name}`, 0o700);
  for (const { to } of moves) await makeFolder(dirname(to), 0o700);
  await moveAll(moves);
  await unlink(markOf(paths));
  const places = [`${root}/aside/${name}`, ...moves.map(({ place }) => place)];
  return [...new Set(places)].map((place) => place.replace(root, dirname(paths.aside)));
}

/** A copy of files below /var/lib/kato, before something else is written over them. Returns where it is. */
export async function copyAside(paths: Paths, { node, only = [] }: Aside): Promise<string> {
  const root = dirname(paths.aside);
  const folder = `${paths.aside}/${await freshName(root, node)}`;
  await makeFolder(paths.aside, 0o700);
  await makeFolder(folder, 0o700);
  for (const file of only) {
    const text = await readIfExists(`${root}/${file}`);
    if (text === null) continue;
    await makeFolder(dirname(`${folder}/${file}`), 0o700);
    await writeFileAtomic(`${folder}/${file}`, text, { mode: 0o600 });
  }
  return folder;
}

/** What a run before this one began and did not end, if there is any. */
export async function asideUnderWay(paths: Paths): Promise<UnderWay | null> {
  const text = await readIfExists(markOf(paths));
  return text === null ? null : (JSON.parse(text) as UnderWay);
}

/** All or none, as far as a machine that goes on running can see to it. */
async function moveAll(moves: readonly Move[]): Promise<void> {
  const done: Move[] = [];
  try {
    for (const move of moves) {
      await movePath(move.from, move.to);
      done.unshift(move);
    }
  } catch (error) {
    // What cannot go back is found by the next run, which goes on.
    for (const { from, to } of done) await movePath(to, from).catch(() => undefined);
    throw error;
  }
}

async function planMoves(root: string, entries: string[], name: string): Promise<Move[]> {
  const mounts = await mountPoints();
  const moves: Move[] = [];
  for (const entry of entries) {
    const path = `${root}/${entry}`;
    if (await isElsewhere(path, mounts)) {
      const folder = await realpath(path);
      const place = `${folder}/${HIDDEN}/${name}`;
      for (const child of await readdir(folder)) {
        if (child === HIDDEN) continue;
        const [from, to] = [`${folder}/${child}`, `${place}/${child}`];
        moves.push({ entry: `${entry}/${child}`, from, to, place });
      }
    } else {
      const place = `${root}/aside/${name}`;
      moves.push({ entry, from: path, to: `${place}/${entry}`, place });
    }
  }
  for (const { from } of moves) refuseMounts(from, mounts);
  return moves.sort((one, other) => rankOf(one) - rankOf(other));
}

/** A mount, or a link to a folder: a rename would move the way to what is there, and not that. */
async function isElsewhere(path: string, mounts: ReadonlySet<string>): Promise<boolean> {
  if (mounts.has(path)) return true;
  if (!(await lstat(path)).isSymbolicLink()) return false;
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false, // it leads nowhere: there is nothing behind it that could be moved
  );
}

/** Without it the machine is no node any more, so it goes last: until then a second run goes on. */
function rankOf({ entry }: Move): number {
  if (entry === 'state/identity.json') return 2;
  return entry.split('/')[0] === 'state' ? 1 : 0;
}

/** It would be mounted in its old place again, over what the machine has there by then. */
function refuseMounts(path: string, mounts: ReadonlySet<string>): void {
  const inside = [...mounts].find((mount) => mount === path || mount.startsWith(`${path}/`));
  if (inside === undefined) return;
  throw refuse(
    'CONFLICT',
    `cannot set ${path} aside`,
    `something is mounted at ${inside}`,
    `kato node halt; umount ${inside}, also in /etc/fstab; then run the command again`,
  );
}

/** What there is of it. */
async function entriesOf(root: string, only: Aside['only']): Promise<string[]> {
  const entries = only ?? (await readdir(root)).filter((name) => name !== 'aside');
  const found = await Promise.all(entries.map((entry) => exists(`${root}/${entry}`)));
  return entries.filter((_entry, i) => found[i]);
}

async function anyExists(moves: readonly Move[]): Promise<boolean> {
  return (await Promise.all(moves.map(({ to }) => exists(to)))).includes(true);
}

/** `20261121T025550Z`: names that sort by time. */
export function stampNow(): string {
  const stamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return stamp.replaceAll(/[-:]/g, '');
}

async function freshName(root: string, node: string): Promise<string> {
  const name = `${stampNow()}-${node}`;
  for (let count = 1; ; count++) {
    const numbered = count === 1 ? name : `${name}-${count}`;
    if (!(await exists(`${root}/aside/${numbered}`))) return numbered;
  }
}

/** Names the folder while there is something to go on with. */
function markOf({ aside }: Paths): string {
  return `${aside}/under-way`;
}
