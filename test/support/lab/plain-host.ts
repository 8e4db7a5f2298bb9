import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { until } from '../until.ts';
import { type Entry, run, spawnRunning, transcript } from './command.ts';
import { type Host, LEDGER, LOGIN, NotInThisLab, selectProcesses } from './host.ts';
import {
  allPids,
  attempt,
  descendantsOf,
  describeProcess,
  type HostProcess,
  signal,
} from './processes.ts';
import { CHECKOUT, folderOf, type LabRecord } from './store.ts';

/** What of a host's file tree is below its KATO_ROOT; the rest it shares with the machine. */
const OWN = /^\/(var\/(lib|log|cache)|run|etc)\/kato(\/|$)/;

/** Host number `number` of a plain lab: an address of the loopback net and a KATO_ROOT of its own. */
export function plainHost(lab: LabRecord, number: number): Host {
  const name = `h${number}`;
  const root = `${folderOf(lab.number)}/${name}`;
  const place = (path: string) => (OWN.test(path) ? `${root}${path}` : path);
  const cannot = (what: string) => {
    throw new NotInThisLab(`${what} needs namespaces, and this machine refuses them`);
  };
  const enter = (argv: string[]): Entry => {
    if (!existsSync(`${root}/on`)) throw new Error(`${name} is off`);
    const env = { ...LOGIN, PATH: `${CHECKOUT}/bin:${LOGIN.PATH}`, KATO_ROOT: root };
    return { argv: ['env', ...argv], env, wrapped: false };
  };
  const kato = async (...args: string[]) => {
    const result = await host.run(['kato', ...args]);
    if (result.exitCode === 0) return result.stdout;
    throw new Error(`on ${name}: kato ${args.join(' ')}: ${transcript(result)}`);
  };

  const host: Host = {
    name,
    address: `127.78.${lab.number}.${number}`,
    get isOn() {
      return existsSync(`${root}/on`);
    },
    pid: undefined,
    enter,
    run: async (argv, options = {}) => run(enter(argv), options),
    kato,
    spawn: (argv, options = {}) => spawnRunning(enter(argv), options),
    read: async (path) => readFileSync(place(path), 'utf8'),
    async write(path, text, mode = '644') {
      mkdirSync(dirname(place(path)), { recursive: true });
      writeFileSync(place(path), text, { mode: Number.parseInt(mode, 8) });
    },
    processes: () => processesBelow(root),

    async powerOff() {
      rmSync(`${root}/on`, { force: true });
      await until(
        () => {
          for (const one of processesBelow(root)) signal(one.outerPid, 'SIGKILL');
          return processesBelow(root).length === 0;
        },
        { what: `${name} is off`, seconds: 10 },
      );
      rmSync(`${root}/run`, { recursive: true, force: true });
    },
    async powerOn() {
      if (existsSync(`${root}/on`)) return;
      mkdirSync(`${root}/run`, { recursive: true });
      writeFileSync(`${root}/on`, '');
      if (existsSync(place(LEDGER))) await kato('node', 'boot');
    },
    cut: async () => cannot('cutting a cable'),
    heal: async () => cannot('healing a cable'),
    async freeze(which) {
      for (const one of selectProcesses(host.processes(), which)) signal(one.outerPid, 'SIGSTOP');
    },
    async thaw(which) {
      for (const one of selectProcesses(host.processes(), which)) signal(one.outerPid, 'SIGCONT');
    },
  };
  return host;
}

/** Those that name the folder in their environment or argv, and all that they started. */
function processesBelow(root: string): HostProcess[] {
  const names = (pid: number, file: string) =>
    attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
      ?.split('\0')
      .some((word) => word === `KATO_ROOT=${root}` || word.includes(`${root}/`)) ?? false;
  const marked = allPids().filter((pid) => names(pid, 'environ') || names(pid, 'cmdline'));
  const all = new Set(marked.flatMap((pid) => [pid, ...descendantsOf(pid)]));
  return [...all].flatMap((pid) => describeProcess(pid) ?? []);
}
