import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { makeCgroup } from './cgroup.ts';
import { LOGIN } from './host.ts';
import {
  attempt,
  childrenOf,
  describeProcess,
  markOf,
  type ProcessMark,
  signal,
} from './processes.ts';
import { diskPlace, folderOf, type LabKind, type LabRecord } from './store.ts';

const READY_LIMIT_MS = 10_000;
const KEEPER = fileURLToPath(new URL('keeper.sh', import.meta.url));
const ALL_USERS = fileURLToPath(new URL('all-users.sh', import.meta.url));
const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url));

export function networkOf(lab: Pick<LabRecord, 'number'>): string {
  return `10.78.${lab.number}`;
}

/** The first process of a lab. Rejects with what it said where this machine refuses the namespaces. */
export function startKeeper(number: number, kind: LabKind): Promise<ProcessMark> {
  const folder = folderOf(number);
  const script = [KEEPER, folder, networkOf({ number }), diskPlace(folder), overlayOptions(kind)];
  const apart = ['--mount', '--net', '--pid', '--fork'];
  const argv = [...userNamespace(kind), 'unshare', ...apart, ...script];
  return startFirst(argv, `${folder}/console`);
}

/** The first process of a host, inside the lab's namespaces, so that it ends with the lab. */
export function bootHost(lab: LabRecord, host: number, checkout: string): Promise<ProcessMark> {
  const folder = folderOf(lab.number);
  const options = overlayOptions(lab.kind);
  const cgroup = lab.init === 'systemd' ? [makeCgroup(lab, host)] : [];
  const script = [BOOT, folder, networkOf(lab), `${host}`, checkout, options, ...cgroup];
  const inside = enterArgv(lab.kind, lab.keeper!.pid, ['--mount', '--pid']);
  const apart = ['unshare', '--mount', '--uts', '--ipc', '--net', '--pid', '--fork'];
  return startFirst([...inside, ...apart, ...script], `${folder}/h${host}/console`);
}

export function enterArgv(kind: LabKind, pid: number, spaces: string[]): string[] {
  const user = kind === 'user' ? ['--user', '--preserve-credentials'] : [];
  return ['nsenter', '--target', `${pid}`, ...user, ...spaces, '--'];
}

/** Starts what follows as root of a user namespace, with the other users too where that may be. */
export function userNamespace(kind: LabKind): string[] {
  if (kind !== 'user') return [];
  if (process.getuid?.() === 0) return [ALL_USERS];
  const mine = attempt(() => readFileSync('/etc/subuid', 'utf8')) ?? '';
  const more = new RegExp(`^${userInfo().username}:`, 'm').test(mine) ? ['--map-auto'] : [];
  return ['unshare', '--user', '--map-root-user', ...more];
}

function overlayOptions(kind: LabKind): string {
  return kind === 'user' ? ',userxattr' : '';
}

/** Starts `argv`, whose innermost process says "ready" and stays; finds that one as the machine sees it. */
function startFirst(argv: string[], console: string): Promise<ProcessMark> {
  const child = spawn(argv[0]!, argv.slice(1), {
    detached: true,
    cwd: '/',
    env: LOGIN,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      const log = attempt(() => readFileSync(console, 'utf8')) ?? '';
      reject(new Error(`${argv.join(' ')}: ${why}\n${said}${log}`));
    };
    const timer = setTimeout(() => {
      for (const pid of [innermost(child.pid!), child.pid!]) signal(pid, 'SIGKILL');
      fail(`not ready after ${READY_LIMIT_MS} ms`);
    }, READY_LIMIT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => fail(`ended with ${code}`));
    child.stdout.once('data', () => {
      clearTimeout(timer);
      child.removeAllListeners('close');
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      const mark = markOf(innermost(child.pid!));
      if (mark === undefined) fail('ended as soon as it was ready');
      else resolve(mark);
    });
  });
}

/** nsenter and unshare each wait for the one process that they started; the first of its namespace has its own. */
function innermost(pid: number): number {
  const [child] = describeProcess(pid)?.pid === 1 ? [] : childrenOf(pid);
  return child === undefined ? pid : innermost(child);
}
