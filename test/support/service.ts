import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../src/catalog/load.ts';
import { resolvePrograms } from '../../src/catalog/programs.ts';
import { renderer } from '../../src/catalog/renderer.ts';
import { compileNode } from '../../src/domain/compile/compile-node.ts';
import { type Paths, pathsOf } from '../../src/domain/paths.ts';
import type { ProcessSpec } from '../../src/domain/spec.ts';
import type { View } from '../../src/domain/view.ts';
import { viewSecrets } from './nginx-views.ts';
import { until } from './until.ts';

const HOME = join(import.meta.dirname, '../..');

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

export async function compileProcess(view: View, name: string, paths: Paths): Promise<ProcessSpec> {
  const catalogue = loadCatalogue(HOME);
  const spec = compileNode({
    view,
    secrets: viewSecrets,
    catalogue,
    render: await renderer(HOME),
    paths,
    bootId: 'boot',
    programs: resolvePrograms(catalogue, Object.keys(view.node.roles), paths),
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
  stop(): Promise<void>;
  log(): string;
}

/** Runs a process as its spec says, without a supervisor, until it accepts connections. */
export async function runService(view: View, name: string, paths: Paths): Promise<RunningService> {
  const process = await compileProcess(view, name, paths);
  if (process.config !== null) putConfig(process, paths);
  const [program = '', ...words] = process.argv;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
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
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
      rmSync(paths.root, { recursive: true, force: true });
    },
    log: () => log,
  };
  if (process.ready === null || !('tcp' in process.ready)) return service;
  const { address, port } = process.ready.tcp;
  await until(() => accepts(address, port), { what: `${name} accepts: ${log}`, seconds: 20 });
  return service;
}

export function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** A TCP port that nothing listened on a moment ago. */
export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
