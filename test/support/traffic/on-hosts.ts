import type { Result, Running } from '../lab/command.ts';
import { transcript } from '../lab/command.ts';
import type { Host } from '../lab/host.ts';
import { CHECKOUT } from '../lab/store.ts';
import { until } from '../until.ts';
import type { LoadOptions, Summary } from './load.ts';

/** Runs programs that make and take traffic on the hosts of a lab. */
export const NODE = `${CHECKOUT}/runtime/bin/node`;
const READY_SECONDS = 20;

export interface Backend {
  name: string;
  host: Host;
  /** `address:port`. */
  address: string;
  kill(): Promise<unknown>;
}

export interface Seen {
  backend: string;
  /** Address that the backend was asked from. */
  via: string;
  headers: Record<string, string>;
}

export async function startBackend(host: Host, name: string, port: number): Promise<Backend> {
  const running = await startProgram(host, 'backend.ts', [name, String(port)]);
  return { name, host, address: `${host.address}:${port}`, kill: () => running.kill() };
}

/** Goes on until `end`, which resolves with what came of it. */
export async function startLoad(
  host: Host,
  options: LoadOptions,
): Promise<{ end(): Promise<Summary> }> {
  const running = await startProgram(host, 'load.ts', [JSON.stringify(options)]);
  return { end: async () => summaryOf(await running.kill('SIGTERM')) };
}

/** So many requests and no more, the last answered. */
export async function sendRequests(
  host: Host,
  options: LoadOptions & { count: number },
): Promise<Summary> {
  return summaryOf(await (await startProgram(host, 'load.ts', [JSON.stringify(options)])).result);
}

function summaryOf(result: Result): Summary {
  const line = result.stdout.trim().split('\n').at(-1) ?? '';
  if (result.exitCode === 0) return JSON.parse(line) as Summary;
  throw new Error(`the load ended: ${transcript(result)}`);
}

/** Starts a program of this folder and waits for its "ready". */
export function startProgram(host: Host, file: string, args: string[]): Promise<Running> {
  return startProgramAt(host, `${CHECKOUT}/test/support/traffic/${file}`, args);
}

/** The same of any folder of the checkout. */
export async function startProgramAt(host: Host, file: string, args: string[]): Promise<Running> {
  const running = host.spawn([NODE, file, ...args]);
  let ended = false;
  void running.result.then(() => {
    ended = true;
  });
  await until(() => ended || running.stdout.includes('ready'), {
    what: `${file} on ${host.name} is ready`,
    seconds: READY_SECONDS,
  });
  if (!running.stdout.includes('ready'))
    throw new Error(`${file} on ${host.name}: ${transcript(await running.result)}`);
  return running;
}

/** One request by curl, told apart by what it shows: status, then the body. */
export async function curl(
  from: Host,
  url: string,
  host: string,
  ...more: string[]
): Promise<{ status: number; version: string; text: string; seconds: number }> {
  const format = '\n%{http_code} %{http_version} %{time_total}';
  const argv = ['curl', '-s', '-m', '20', '-w', format, '-H', `Host: ${host}`, ...more, url];
  const { stdout } = await from.run(argv);
  const at = stdout.lastIndexOf('\n');
  const [status, version = '', seconds] = stdout.slice(at + 1).split(' ');
  return {
    status: Number(status),
    version,
    text: stdout.slice(0, Math.max(at, 0)),
    seconds: Number(seconds),
  };
}

/** The same of a route whose backends answer with what they saw. */
export async function seen(from: Host, target: string, host: string): Promise<Seen> {
  const { status, text } = await curl(from, `http://${target}/`, host);
  if (status !== 200) throw new Error(`${host} at ${target}: ${status} ${text}`);
  return JSON.parse(text) as Seen;
}

const NGINX = `
count=$2
folder=/var/lib/kato/service/$1
master=$(s6-svstat -o pid "$folder")
generation() { ps -o pid= --ppid "$master" --sort=-pid | head -1; }
while [ "$count" -gt 0 ]; do
  before=$(generation)
  s6-svc -h "$folder"
  while [ "$(generation)" = "$before" ]; do sleep 0.02; done
  count=$((count - 1))
done`;

/** Has nginx take its configuration anew, each time with workers of a new generation. */
export async function reload(host: Host, process: string, times: number): Promise<void> {
  const argv = ['timeout', '60', 'sh', '-c', NGINX, 'sh', process, String(times)];
  const result = await host.run(argv);
  if (result.exitCode !== 0) throw new Error(`reloads of ${process}: ${transcript(result)}`);
}

/** Workers of the process now, those that end included. */
export function workersOf(host: Host): number {
  return host.processes().filter(({ argv }) => argv[0]?.startsWith('nginx: worker')).length;
}
