import { refuse } from '../domain/base/error.ts';
import { attempt, lastWords } from './command.ts';

export interface UserIds {
  uid: number;
  gid: number;
}

/** Makes a system user that nobody can log in as, unless there is one of that name. */
export async function ensureUser(user: string): Promise<UserIds> {
  const found = await idsOf(user);
  if (found !== null) return found;
  const made = await attempt([
    ...['useradd', '--system', '--user-group', '--no-create-home'],
    ...['--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', user],
  ]);
  const ids = await idsOf(user); // another pass on this machine may have been quicker
  if (ids !== null) return ids;
  throw refuse('FAILED', `the user ${user} could not be created`, lastWords(made));
}

async function idsOf(user: string): Promise<UserIds | null> {
  if (user === 'root') return { uid: 0, gid: 0 };
  const { exitCode, stdout } = await attempt(['getent', 'passwd', user]);
  if (exitCode !== 0) return null;
  const [, , uid, gid] = stdout.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
