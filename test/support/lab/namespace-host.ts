import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { until } from '../until.ts';
import { removeCgroup } from './cgroup.ts';
import { type Entry, type RunOptions, run, spawnRunning, transcript } from './command.ts';
import { type Host, LEDGER, LOGIN, NotInThisLab, selectProcesses } from './host.ts';
import { bootHost, enterArgv, networkOf } from './namespaces.ts';
import {
  attempt,
  isAlive,
  namespaceOf,
  type ProcessMark,
  processesIn,
  signal,
  ticksNow,
  wake,
} from './processes.ts';
import { CHECKOUT, folderOf, type LabRecord } from './store.ts';

const ALL = ['--mount', '--uts', '--ipc', '--net', '--pid'];
const SYSTEMD_SECONDS = 20;
const IS_RUNNING = ['systemctl', 'is-system-running'];
const WRITE = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';

/** Host number `number` of a lab of namespaces. Knows nothing itself: all is read from disk and /proc. */
export function namespaceHost(lab: LabRecord, number: number): Host {
  const name = `h${number}`;
  const folder = `${folderOf(lab.number)}/${name}`;

  const init = (): ProcessMark | undefined => {
    const text = attempt(() => readFileSync(`${folder}/init.json`, 'utf8'));
    const mark = text === undefined ? undefined : (JSON.parse(text) as ProcessMark);
    return mark !== undefined && isAlive(mark) ? mark : undefined;
  };
  const needInit = (): number => {
    const mark = init();
    if (mark === undefined) throw new Error(`${name} is off`);
    return mark.pid;
  };
  const enter = (argv: string[]): Entry => ({
    argv: [...enterArgv(lab.kind, needInit(), ALL), ...argv],
    env: LOGIN,
    wrapped: true,
  });
  const wire = (verb: string, ...rest: string[]) => {
    const ip = ['ip', 'link', verb, name, ...rest];
    const argv = [...enterArgv(lab.kind, lab.keeper!.pid, ['--net']), ...ip];
    return run({ argv, env: LOGIN, wrapped: false }, {});
  };
  const mustWire = async (...change: string[]) => {
    const result = await wire('set', ...change);
    if (result.exitCode !== 0) throw new Error(`the wire of ${name}: ${transcript(result)}`);
  };
  const must = async (argv: string[], options: RunOptions = {}): Promise<string> => {
    const result = await host.run(argv, options);
    if (result.exitCode === 0) return result.stdout;
    throw new Error(`on ${name}: ${argv.join(' ')}: ${transcript(result)}`);
  };

  const boot = async () => {
    const mark = await bootHost(lab, number, CHECKOUT);
    writeFileSync(`${folder}/init.json`, JSON.stringify(mark));
  };
  /** The node is systemd's to start. Degraded: some service of systemd's own does not find what it needs in a lab. */
  const bootSystemd = async () => {
    try {
      await boot();
      await until(async () => /running|degraded/.test((await host.run(IS_RUNNING)).stdout), {
        what: `systemd has booted ${name}`,
        seconds: SYSTEMD_SECONDS,
      });
    } catch (error) {
      const why = init() === undefined ? `it ended: ${error}` : `${error}`;
      throw new NotInThisLab(`this machine lets no systemd be in a lab: ${why}`, { cause: error });
    }
  };

  const host: Host = {
    name,
    address: `${networkOf(lab)}.${number}`,
    get isOn() {
      return init() !== undefined;
    },
    get pid() {
      return init()?.pid;
    },
    enter,
    run: (argv, options = {}) => run(enter(argv), options),
    kato: (...args) => must(['kato', ...args]),
    spawn: (argv, options = {}) => spawnRunning(enter(argv), options),
    read: (path) => must(['cat', path]),
    async write(path, text, mode = '644') {
      await must(['sh', '-c', WRITE, 'sh', path, mode], { input: text });
    },
    processes: () => processesIn('pid', namespaceOf(needInit(), 'pid')!),

    async powerOff() {
      const pid = init()?.pid;
      if (pid === undefined) return;
      const mounts = namespaceOf(pid, 'mnt')!;
      signal(pid, 'SIGKILL');
      const startedBy = ticksNow();
      await wire('delete'); // the kernel would clear it up some time later
      // Until nothing has the disk mounted any more, else it could not be mounted again.
      await until(() => wake(mounts, { startedBy }) === 0, { what: `${name} is off`, seconds: 10 });
      if (lab.init === 'systemd') await removeCgroup(lab, number);
    },
    async powerOn() {
      if (init() !== undefined) return;
      mkdirSync(folder, { recursive: true });
      if (lab.init === 'systemd') return bootSystemd();
      await boot();
      const { exitCode } = await host.run(['test', '-e', LEDGER]);
      if (exitCode === 0) await must(['kato', 'node', 'boot']);
    },
    async cut({ silent = false } = {}) {
      await mustWire(...(silent ? ['nomaster'] : ['down']));
    },
    async heal() {
      await mustWire('master', 'br0', 'up');
    },
    async freeze(which) {
      // Twice over: what was forked while the first were stopped.
      for (let round = 0; round < 2; round++) {
        for (const one of selectProcesses(host.processes(), which)) signal(one.outerPid, 'SIGSTOP');
      }
    },
    async thaw(which) {
      for (const one of selectProcesses(host.processes(), which)) signal(one.outerPid, 'SIGCONT');
      const ownProcesses = namespaceOf(needInit(), 'pid');
      wake(namespaceOf(needInit(), 'mnt')!, { ownProcesses });
    },
  };
  return host;
}
