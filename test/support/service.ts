import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../src/catalog/load.ts';
import { resolvePrograms } from '../../src/catalog/programs.ts';
import { renderer } from '../../src/catalog/renderer.ts';
import { compileNode } from '../../src/domain/making/compile-node.ts';
import { type Paths, pathsOf } from '../../src/domain/making/paths.ts';
import { planNode } from '../../src/domain/making/plan.ts';
import type { ProcessSpec } from '../../src/domain/making/spec.ts';
import type { View } from '../../src/domain/views/view.ts';
import { applyStep } from '../../src/machine/apply/apply.ts';
import { readForeign } from '../../src/machine/disk/files.ts';
import { observe } from '../../src/machine/observe.ts';
import { viewSecrets } from './nginx-views.ts';
import { accepts } from './ports.ts';
import { until } from './until.ts';

const HOME = join(import.meta.dirname, '../..');
const DATA_STEPS = new Set(['make-data', 'adopt-data', 'initialize', 'set-secrets']);
/** In a mount namespace of its own, which ends with the program. */
const MOUNT = 'mount --bind "$0" /usr && exec "$@"';
const NO_VERSION = { lineage: '', epoch: 0, revision: 0, hash: '' };

/** A folder as KATO_ROOT in which programs of other users may find their way. */
export function makeRoot(): Paths {
  const folder = mkdtempSync(join(tmpdir(), 'kato-service-'));
  chmodSync(folder, 0o755);
  const paths = pathsOf(folder);
  for (const path of [paths.config, paths.data, paths.run, paths.cache]) {
    mkdirSync(path, { recursive: true });
  }
  return paths;
}

export async function compileProcess(
  view: View,
  name: string,
  paths: Paths,
  secrets = viewSecrets,
): Promise<ProcessSpec> {
  const catalogue = loadCatalogue(HOME);
  const spec = compileNode({
    view,
    secrets,
    catalogue,
    render: await renderer(HOME),
    paths,
    bootId: 'boot',
    programs: await resolvePrograms(catalogue, Object.keys(view.node.roles), paths, (path) =>
      readForeign(path, 100),
    ),
    kato: join(HOME, 'bin/kato'),
  });
  const process = spec.processes.find((one) => one.name === name);
  if (process === undefined) throw new Error(`the view has no process ${name}`);
  return process;
}

/** Writes the config folder and makes it the live one. The folder's path. */
export function putConfig(process: ProcessSpec, paths: Paths): string {
  const parent = join(paths.config, process.name);
  const folder = join(parent, process.config!.hash);
  mkdirSync(folder, { recursive: true });
  for (const file of process.config!.files) {
    writeFileSync(join(folder, file.path), file.content, { mode: file.mode });
    chownSync(join(folder, file.path), 0, idsOf(process.user).gid);
  }
  const link = join(parent, `next-${process.config!.hash}`);
  symlinkSync(process.config!.hash, link);
  renameSync(link, join(parent, 'current'));
  return folder;
}

/** The argv of a check for one config folder. */
export function checkOf(process: ProcessSpec, folder: string): string[] {
  return process.config!.check!.map((word) => word.replaceAll('${config}', folder));
}

export interface RunningService {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Compiles another view, makes it live and sends the reload signal. */
  reload(view: View): Promise<void>;
  /** Ends it by a signal, the clean one of its role when none is given; the folder stays. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  log(): string;
}

/**
 * Runs a process as its spec says, without a supervisor, until it is ready; its programs are those of
 * another /usr where one is given.
 */
export async function runService(
  view: View,
  name: string,
  paths: Paths,
  secrets = viewSecrets,
  usr = '/usr',
): Promise<RunningService> {
  const process = await compileProcess(view, name, paths, secrets);
  if (process.config !== null) putConfig(process, paths);
  const ids = idsOf(process.user);
  await prepareData(process, paths);
  const mounted = ['unshare', '--mount', 'sh', '-c', MOUNT, usr];
  const [program = '', ...words] = [...(usr === '/usr' ? [] : mounted), ...process.argv];
  const child = spawn(program, words, { ...ids, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  const exited = once(child, 'exit');
  const service: RunningService = {
    child,
    pid: child.pid!,
    async reload(next) {
      putConfig(await compileProcess(next, name, paths), paths);
      child.kill(`SIG${process.reloadSignal}` as NodeJS.Signals);
    },
    async end(signal = `SIG${process.stop.signal}` as NodeJS.Signals) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
      return { code: child.exitCode, signal: child.signalCode };
    },
    async stop() {
      await service.end('SIGTERM');
      rmSync(paths.root, { recursive: true, force: true });
    },
    log: () => log,
  };
  if (process.ready !== null) {
    const { ready } = process;
    await until(() => isReady(ready), { what: `${name} is ready: ${log}`, seconds: 20 });
  }
  return service;
}

/** The steps of the agent that make its data what it has to be before it starts. */
async function prepareData(process: ProcessSpec, paths: Paths): Promise<void> {
  const spec = {
    version: NO_VERSION,
    node: 'here',
    processes: [process],
    broken: [],
    serving: [],
    purge: [],
  };
  const steps = planNode(spec, await observe(paths, [process]));
  for (const step of steps.filter(({ kind }) => DATA_STEPS.has(kind))) {
    await applyStep(step, { paths, self: null });
  }
}

function isReady(ready: NonNullable<ProcessSpec['ready']>): Promise<boolean> {
  if ('tcp' in ready) return accepts(ready.tcp.address, ready.tcp.port);
  const [program = '', ...words] = ready.command;
  return new Promise((resolve) => {
    execFile(program, words, (error) => resolve(error === null));
  });
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
