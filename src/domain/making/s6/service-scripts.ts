import { DATA_MARK, dataRecord, MARK_BYTES_MAX, type Paths } from '../paths.ts';

/** How often readiness is asked for, and how long one answer may take. */
const CHECK_EVERY_MS = 200;
const CHECK_LIMIT_MS = 5000;
/** A process without a check is ready when it has lived this long. */
const SETTLED_MS = 250;
/** A volume may be away for long, and a log is for more than that. */
const SAY_EVERY_SECONDS = 600;
/** With the time that looking takes, well within what a `finish` may. */
const KILL_TRIES = 25;

/** The file descriptor on which readiness is reported. */
export const READY_FD = 3;
/** Where its lock file is open: it takes the place of that, which is closed by then. */
const LOCK_FD = READY_FD;

/**
 * At boot the supervision starts programs before the agent has looked: one whose volume is not there
 * yet waits for it, and none runs on a folder that is not its own. After the lock is taken, so that
 * two do not wait for one data.
 */
export function awaitData(name: string, folder: string, paths: Paths): string {
  const mark = shellWord(`${folder}/${DATA_MARK}`);
  const record = shellWord(dataRecord(name, paths));
  return `#!/bin/sh
# Runs the program that follows once its data is there.
mark=${mark} record=${record} waited=0
id() { head -c ${MARK_BYTES_MAX} "$1" | sed -n 's/.*"id":"\\([^"]*\\)".*/\\1/p'; }
is_there() {
  [ -f "$mark" ] && [ ! -L "$mark" ] || return 1
  [ ! -f "$record" ] || [ "$(id "$mark")" = "$(id "$record")" ]
}
until is_there; do
  [ $((waited % ${SAY_EVERY_SECONDS})) -ne 0 ] ||
    echo "waiting for the data: there is no $mark that fits $record"
  sleep 1
  waited=$((waited + 1))
done
exec "$@"
`;
}

/**
 * Tells the supervision when the program is ready, as s6-notifyoncheck does; that one needs a new file
 * for it, and where the disk has no room for one it waits for itself, and starts nothing.
 */
export function sayReady(isChecked: boolean): string {
  const settleMs = isChecked ? CHECK_EVERY_MS / 2 : SETTLED_MS;
  return `#!/bin/sh
# Tells the supervision when the program with the process id $1 is ready.
sleep ${settleMs / 1000}
while kill -0 "$1" 2>/dev/null; do
  ! timeout ${CHECK_LIMIT_MS / 1000} ./data/check ${READY_FD}>&- || exec echo >&${READY_FD}
  sleep ${CHECK_EVERY_MS / 1000}
done
`;
}

/**
 * Whatever a program started has its lock file open where the program has it, in whichever group or
 * session it is, unless it closed what it was given. Who was handed the file, or opened it, has it
 * elsewhere, and is nobody's to end. Of those that have one of this name it is the very file that tells: a
 * kato in a container has such names, too.
 */
export function leftovers(lock: string): string {
  const [file, name] = [lock, lock.slice(lock.lastIndexOf('/'))].map(shellWord);
  return `#!/bin/sh
# Ends what the program has left behind: all that has its lock file open where it had it.
lock=${file} name=${name} tries=0
same='exec find -L "$@" -maxdepth 0 -samefile "$lock"'
export lock
while true; do
  pids=
  fds=$(find /proc/[0-9]*/fd/${LOCK_FD} -lname "*$name" -exec sh -c "$same" find {} + 2>/dev/null)
  for fd in $fds; do
    pid=\${fd#/proc/}
    pids="$pids \${pid%%/*}"
  done
  [ -n "$pids" ] || exit 0
  kill -KILL $pids 2>/dev/null
  tries=$((tries + 1))
  [ $tries -lt ${KILL_TRIES} ] || exec echo "left behind, and not to be ended:$pids"
  sleep 0.1
done
`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
