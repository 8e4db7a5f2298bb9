import { execlineWord, execlineWords } from './execline.ts';
import { hashOf } from './hash.ts';
import type { Paths } from './paths.ts';
import type { ProcessSpec, ServiceFolder } from './spec.ts';

/** How often readiness is asked for, and how long one answer may take. */
const CHECK_EVERY_MS = 200;
const CHECK_LIMIT_MS = 5000;
/** A process without a check is ready when it has lived this long. */
const SETTLED_MS = 250;
const FINISH_LIMIT_MS = 5000;
/** Enough to see a process that dies again and again. */
const DEATHS_KEPT = 10;
const LOG_FILE_BYTES = 1_000_000;
const LOG_FILES = 5;
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
    'notification-fd': plain('3'),
    'down-signal': plain(`SIG${process.stop.signal}`),
    'timeout-kill': plain(String(process.stop.seconds * 1000)),
    'timeout-finish': plain(String(FINISH_LIMIT_MS)),
    'max-death-tally': plain(String(DEATHS_KEPT)),
    'log/run': script(logLines(process.name, paths)),
    'log/notification-fd': plain('3'),
  };
  if (process.killGroup) files.finish = script([killGroup('KILL', process.name, paths)]);
  return { hash: serviceFolderHash(files), files };
}

export function serviceFolderHash(files: Files): string {
  return hashOf(files);
}

/** Locked by each program of the process for as long as it lives. */
export function lockFile(name: string, paths: Paths): string {
  return `${paths.run}/${name}.lock`;
}

/** Holds the process group that was started last. */
export function groupFile(name: string, paths: Paths): string {
  return `${paths.run}/${name}.group`;
}

function runLines(process: Omit<ProcessSpec, 'service'>, paths: Paths): string[] {
  const { name, config, ready, dataFolder } = process;
  const settle = ready === null ? SETTLED_MS : CHECK_EVERY_MS / 2;
  return [
    'fdmove -c 2 1',
    'foreground { ./survivors }',
    `foreground { redirfd -w 1 ${execlineWord(groupFile(name, paths))} sh -c "echo $PPID" }`,
    ...(config === null ? [] : [`foreground { ${execlineWords(recordLoaded(name, paths))} }`]),
    `s6-notifyoncheck -d -n 0 -s ${settle} -w ${CHECK_EVERY_MS} -t ${CHECK_LIMIT_MS}`,
    `s6-setlock -n ${execlineWord(lockFile(name, paths))}`,
    `cd ${execlineWord(dataFolder ?? '/')}`,
    'unexport ?',
    ...Object.entries(process.environment).map((pair) => `export ${execlineWords(pair)}`),
    ...asUser(process.user),
    execlineWords(process.argv),
  ];
}

/** Before the program reads its config: a switch in between then looks like a missed reload. */
function recordLoaded(name: string, paths: Paths): string[] {
  const folder = `${paths.config}/${name}`;
  return ['cp', '-PT', '--remove-destination', `${folder}/current`, `${folder}/loaded`];
}

/** Ends what a supervisor that was killed left running, so that there are never two. */
function survivorLines(process: Omit<ProcessSpec, 'service'>, paths: Paths): string[] {
  const { name, stop } = process;
  const lock = execlineWord(lockFile(name, paths));
  const kill = process.killGroup ? killGroup : killLeader;
  return [
    `if -n { redirfd -w 2 /dev/null s6-setlock -n ${lock} true }`,
    `foreground { ${killLeader(stop.signal, name, paths)} }`,
    `if -n { redirfd -w 2 /dev/null s6-setlock -t ${stop.seconds * 1000} ${lock} true }`,
    kill('KILL', name, paths),
  ];
}

function killLeader(signal: string, name: string, paths: Paths): string {
  return `${fromGroupFile(name, paths)} "read -r group && kill -s ${signal} \\"$group\\""`;
}

function killGroup(signal: string, name: string, paths: Paths): string {
  return `${fromGroupFile(name, paths)} "read -r group && kill -s ${signal} -- \\"-$group\\""`;
}

function fromGroupFile(name: string, paths: Paths): string {
  return `redirfd -w 2 /dev/null redirfd -r 0 ${execlineWord(groupFile(name, paths))} sh -c`;
}

function checkLines(process: Omit<ProcessSpec, 'service'>): string[] {
  const { ready, user } = process;
  if (ready === null) return ['true'];
  if ('command' in ready)
    return ['redirfd -w 1 /dev/null', ...asUser(user), execlineWords(ready.command)];
  const { address, port } = ready.tcp;
  return [
    'redirfd -w 2 /dev/null',
    `bash -c "exec 3<>\\"/dev/tcp/$0/$1\\"" ${execlineWords([address, String(port)])}`,
  ];
}

function logLines(name: string, paths: Paths): string[] {
  const folder = `${paths.log}/${name}`;
  return [
    `foreground { mkdir -p ${execlineWord(folder)} }`,
    `s6-log -d3 -b n${LOG_FILES} s${LOG_FILE_BYTES} T ${execlineWord(folder)}`,
  ];
}

function asUser(user: string): string[] {
  return user === 'root' ? [] : [`s6-setuidgid ${execlineWord(user)}`];
}

function script(lines: string[]): Files[string] {
  return { content: `#!/usr/bin/execlineb -P\n${lines.join('\n')}\n`, mode: SCRIPT };
}

function plain(line: string): Files[string] {
  return { content: `${line}\n`, mode: PLAIN };
}
