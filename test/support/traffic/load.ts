import { once } from 'node:events';
import {
  type Answer,
  type Client,
  freshClient,
  keptClient,
  multiplexedClient,
  SendAgain,
} from './requests.ts';
import { type Downloaded, type Echoes, openDownload, openWebSocket } from './streams.ts';

/** Run on a host: `load.ts JSON` with this. Goes on until SIGTERM or its end, then prints a `Summary`. */
export interface LoadOptions {
  /** Address of the load balancer, and the host name of a route. */
  target: string;
  host: string;
  perSecond: number;
  /** So many in all; without it, until SIGTERM. */
  count?: number;
  /** Also a WebSocket and a download, through this router. */
  streamsVia?: string;
}

export interface Summary {
  requests: number;
  /** Sent again, where a client may. */
  repeated: number;
  /** How often each. */
  failures: Record<string, number>;
  medianMs: number;
  p999Ms: number;
  slowestMs: number;
  byBackend: Record<string, number>;
  byRouter: Record<string, number>;
  webSocket: Echoes | null;
  download: Downloaded | null;
}

const TICK_MS = 10;
/** Below the 1000 that one client may have: on a busy machine requests wait, and are no flood. */
const AT_A_TIME_MAX = 500;
/** Longer than all that a test does meanwhile. */
const DOWNLOAD = { megabytes: 100, megabytesPerSecond: 3 };

const options = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const { target, host, perSecond, count = Number.POSITIVE_INFINITY, streamsVia } = options;
const kept = keptClient(target, host);
const multiplexed = multiplexedClient(target, host);
const fresh = freshClient(target, host);
const turns = [kept, multiplexed, kept, multiplexed, fresh];

const summary = { requests: 0, repeated: 0 };
const failures: Record<string, number> = {};
const byBackend: Record<string, number> = {};
const byRouter: Record<string, number> = {};
const tookMs: number[] = [];
const way = { target, host, via: streamsVia ?? '' };
const webSocket = streamsVia === undefined ? null : await openWebSocket(way);
const download = streamsVia === undefined ? null : await openDownload({ ...way, ...DOWNLOAD });

const ending = new AbortController();
const underWay = new Set<Promise<void>>();
const startedMs = performance.now();
const timer = setInterval(() => {
  const due = Math.min(count, ((performance.now() - startedMs) / 1000) * perSecond);
  while (summary.requests < due && underWay.size < AT_A_TIME_MAX) {
    const client = turns[summary.requests++ % turns.length]!;
    const one = ask(client).finally(() => underWay.delete(one));
    underWay.add(one);
  }
  if (summary.requests >= count) ending.abort();
}, TICK_MS);
process.once('SIGTERM', () => ending.abort());
console.log('ready');
await once(ending.signal, 'abort');
clearInterval(timer);
await Promise.all(underWay);
const sorted = tookMs.sort((a, b) => a - b);
const part = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
const result: Summary = {
  ...summary,
  failures,
  medianMs: part(0.5),
  p999Ms: part(0.999),
  slowestMs: Math.round(sorted.at(-1) ?? 0),
  byBackend,
  byRouter,
  webSocket: (await webSocket?.end()) ?? null,
  download: (await download?.end()) ?? null,
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());

async function ask(client: Client): Promise<void> {
  const beganMs = performance.now();
  try {
    const { backend, via } = await twiceIfLost(client);
    byBackend[backend] = (byBackend[backend] ?? 0) + 1;
    byRouter[via] = (byRouter[via] ?? 0) + 1;
    tookMs.push(performance.now() - beganMs);
  } catch (error) {
    const what = String(error);
    failures[what] = (failures[what] ?? 0) + 1;
  }
}

async function twiceIfLost(client: Client): Promise<Answer> {
  try {
    return await client();
  } catch (error) {
    if (!(error instanceof SendAgain)) throw error;
    summary.repeated++;
    return fresh();
  }
}
