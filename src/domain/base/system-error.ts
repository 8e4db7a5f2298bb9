import type { ErrorCode, ErrorRecord } from './error-codes.ts';

/** What the system says when a file cannot be written, in words for people. */
const TOLD: Readonly<Record<string, { code: ErrorCode; why: string; next: string }>> = {
  ENOSPC: { code: 'NO_SPACE', why: 'the disk is full', next: 'free space or files: df -h; df -i' },
  EDQUOT: { code: 'NO_SPACE', why: 'the quota is used up', next: 'free some, or raise it' },
  EROFS: { code: 'READ_ONLY', why: 'the file system is read-only', next: 'mount it writable' },
  EACCES: { code: 'READ_ONLY', why: 'permission denied', next: 'run kato as root' },
  ENOENT: { code: 'FAILED', why: 'its folder does not exist', next: 'make the folder first' },
  ENOTDIR: { code: 'FAILED', why: 'a part of its path is not a folder', next: 'give another path' },
  EISDIR: { code: 'FAILED', why: 'it is a folder', next: 'give the name of a file' },
  EPERM: { code: 'READ_ONLY', why: 'not permitted', next: 'run kato as root; see lsattr' },
  EXDEV: { code: 'CONFLICT', why: 'it is on another file system', next: 'unmount it first' },
  EBUSY: { code: 'CONFLICT', why: 'something is mounted there', next: 'unmount it first' },
};

/** These are about the machine, wherever they happen; the others may be a fault of kato. */
const SURROUNDINGS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'];

/** A call of the system that failed; `what` as in "cannot `what`". Null for what has no words yet. */
export function toldOf(error: NodeJS.ErrnoException, what: string): ErrorRecord | null {
  const told = TOLD[error.code ?? ''];
  return told === undefined ? null : { ...told, message: `cannot ${what}` };
}

/** The same for an error that nobody expected where it happened. */
export function toldOfSurroundings(error: unknown): ErrorRecord | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall = 'write', path } = error as NodeJS.ErrnoException;
  if (!SURROUNDINGS.includes(code ?? '')) return null;
  return toldOf(error, `${syscall} ${path ?? 'to the disk'}`);
}
