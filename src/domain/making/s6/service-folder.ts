import { hashOf } from '../../base/hash.ts';
import { DATA_MARK, type Paths } from '../paths.ts';
import type { ProcessSpec, ServiceFolder } from '../spec.ts';
import { execlineWord, execlineWords } from './execline.ts';
import { logScripts } from './service-log.ts';
import { awaitData, leftovers, READY_FD, sayReady } from './service-scripts.ts';

const FINISH_LIMIT_MS = 5000;
/** Enough to see a process that keeps dying. */
const DEATHS_KEPT = 10;
const AWAIT_DATA = 'await-data';
const SAY_READY = 'say-ready';
const LEFTOVERS = 'leftovers';
const SCRIPT = 0o700;
const PLAIN = 0o600;

type Files = ServiceFolder['files'];

/**
 * The s6 service folder of a process. Not part of it, because they are state: `down`, which a
 * stop writes and a start removes, and the lock and group files in the run folder.
 */
export function serviceFolder(process: Omit<ProcessSpec, 'service'>, paths: Paths): ServiceFolder {
  const files: Files = {
    run: script(runLines(process, paths)),
    survivors: script(survivorLines(process, paths)),
    'data/check': script(checkLines(process)),
    [SAY_READY]: shell(sayReady(process.ready !== null)),
    'notification-fd': plain(String(READY_FD)),
    'down-signal': plain(`SIG${process.stop.signal}`),
    'timeout-kill': plain(String(process.stop.seconds * 1000)),
    'timeout-finish': plain(String(FINISH_LIMIT_MS)),
    'max-death-tally': plain(String(DEATHS_KEPT)),
  };
  const log = logScripts(process.name, paths);
  for (const [path, content] of Object.entries(log)) files[path] = shell(content);
  const { dataFolder } = process;
  if (dataFolder !== null) files[AWAIT_DATA] = shell(awaitData(process.name, dataFolder, paths));
  if (process.sparesStarted !== true) {
    files[LEFTOVERS] = shell(leftovers(lockFile(process.name, paths)));
    files.finish = script([
      `foreground { ${killGroup(process.name, paths)} }`,
      // A life that ends before it has written its own has none: the number may be somebody else's by then.
      `foreground { rm -f ${execlineWord(groupFile(process.name, paths))} }`,
      `./${LEFTOVERS}`,
    ]);
  }
  return { hash: serviceFolderHash(files), programHash: programHash(files), files };
}

export function serviceFolderHash(files: Files): string {
  return hashOf(files);
}

/**
 * Hash over what a running program was started by, and its check. The rest of the folder is about how
 * it is started and stopped, and counts from the next start: a new kato restarts nothing for that.
 */
export function programHash(files: Files): string {
  const run = files.run?.content ?? '';
  return hashOf([run.slice(run.indexOf(PROGRAM_FROM)), files['data/check'], files[OLDER]]);
}

/** Where the part about the program begins in `run`, in each kato from 0.1.0 on. */
const PROGRAM_FROM = '\ncd ';

/**
 * In the service folder of a running program that was started by older files. It counts as one of
 * the files, so that the folder is not what a spec wants until the program was started anew.
 */
export const OLDER = 'older';

/** Locked by each program of the process for as long as it lives. */
export function lockFile(name: string, paths: Paths): string {
  return `${paths.locks}/${name}.lock`;
}

/** Holds the process group that was started last. */
export function groupFile(name: string, paths: Paths): string {
  return `${paths.locks}/${name}.group`;
}

function runLines(process: Omit<ProcessSpec, 'service'>, paths: Paths): string[] {
  const { name, config, dataFolder } = process;
  return [
    'fdmove -c 2 1',
    makePrivate(paths.locks),
    'foreground { ./survivors }',
    ...(process.sparesStarted === true ? [] : [`foreground { ./${LEFTOVERS} }`]),
    // That of the program to be, and of its group. A child would ask for its parent too late: a stop may end
    // this script at any moment, and then that is process 1.
    'getpid -E pid',
    `foreground { redirfd -w 1 ${execlineWord(groupFile(name, paths))} echo $pid }`,
    ...(config === null ? [] : [recordLoaded(name, paths)]),
    `background -d { ./${SAY_READY} $pid }`,
    'unexport !',
    `fdclose ${READY_FD}`,
    `s6-setlock -n ${execlineWord(lockFile(name, paths))}`,
    ...(dataFolder === null ? [] : [`./${AWAIT_DATA}`]),
    `cd ${execlineWord(dataFolder ?? '/')}`,
    'unexport ?',
    ...asUserWith(process.environment, process.user),
    execlineWords(process.argv),
  ];
}

/** What changes how programs are found or loaded is set last: these lines are programs themselves. */
function asUserWith(environment: ProcessSpec['environment'], user: string): string[] {
  const lines = (rank: number): string[] =>
    Object.entries(environment)
      .filter(([name]) => rankOf(name) === rank)
      .map((pair) => `export ${execlineWords(pair)}`);
  return [...lines(0), ...asUser(user), ...lines(1), ...lines(2)];
}

function rankOf(variable: string): number {
  if (variable === 'PATH') return 2;
  return variable.startsWith('LD_') ? 1 : 0;
}

/**
 * Before the program reads its config: a switch in between then looks like a missed reload. By a rename,
 * so that a disk without room keeps what was recorded last.
 */
function recordLoaded(name: string, paths: Paths): string {
  const folder = `${paths.config}/${name}`;
  const [current, next, loaded] = ['current', '.loaded', 'loaded'].map((it) => `${folder}/${it}`);
  const copy = execlineWords(['cp', '-PT', '--remove-destination', current!, next!]);
  return `foreground { if { ${copy} } ${execlineWords(['mv', '-T', next!, loaded!])} }`;
}

/** Ends a program that a supervisor which was killed left running, so that there are never two. */
function survivorLines(process: Omit<ProcessSpec, 'service'>, paths: Paths): string[] {
  const { name, stop } = process;
  const lock = execlineWord(lockFile(name, paths));
  return [
    `if -n { redirfd -w 2 /dev/null s6-setlock -n ${lock} true }`,
    `foreground { ${killLeader(stop.signal, name, paths)} }`,
    `if -n { redirfd -w 2 /dev/null s6-setlock -t ${stop.seconds * 1000} ${lock} true }`,
    killLeader('KILL', name, paths),
  ];
}

function killLeader(signal: string, name: string, paths: Paths): string {
  return fromGroupFile(name, paths, `kill -s ${signal} \\"$group\\"`);
}

/** Right after the end of its leader, while the number can be no other group's. */
function killGroup(name: string, paths: Paths): string {
  return fromGroupFile(name, paths, `kill -s KILL -- \\"-$group\\"`);
}

/** Never with 1, which kato 0.1.0 may have written: to end the group of that is to end all processes there are. */
function fromGroupFile(name: string, paths: Paths, act: string): string {
  const file = execlineWord(groupFile(name, paths));
  const isOne = '[ \\"$group\\" -gt 1 ]';
  return `redirfd -w 2 /dev/null redirfd -r 0 ${file} sh -c "read -r group && ${isOne} && ${act}"`;
}

function checkLines(process: Omit<ProcessSpec, 'service'>): string[] {
  const { ready, user, dataFolder } = process;
  if (ready === null && dataFolder === null) return ['true'];
  if (ready === null) return [execlineWords(['test', '-f', `${dataFolder}/${DATA_MARK}`])];
  if ('command' in ready)
    return ['redirfd -w 1 /dev/null', ...asUser(user), execlineWords(ready.command)];
  const { address, port } = ready.tcp;
  return [
    'redirfd -w 2 /dev/null',
    `bash -c "exec 3<>\\"/dev/tcp/$0/$1\\"" ${execlineWords([address, String(port)])}`,
  ];
}

/** A boot, or a person, may have taken it away. */
function makePrivate(folder: string): string {
  return `foreground { mkdir -p -m 0700 ${execlineWord(folder)} }`;
}

function asUser(user: string): string[] {
  return user === 'root' ? [] : [`s6-setuidgid ${execlineWord(user)}`];
}

function script(lines: string[]): Files[string] {
  return { content: `#!/usr/bin/execlineb -P\n${lines.join('\n')}\n`, mode: SCRIPT };
}

function shell(content: string): Files[string] {
  return { content, mode: SCRIPT };
}

function plain(line: string): Files[string] {
  return { content: `${line}\n`, mode: PLAIN };
}
