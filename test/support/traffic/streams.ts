import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { BLOCK_BYTES, blockAt } from './blocks.ts';

/** Where a stream leads: through which router is the load balancer's choice, so it is asked anew. */
export interface Way {
  target: string;
  host: string;
  /** Address of the router. */
  via: string;
}

export interface Echoes {
  echoes: number;
  /** Why it ended before it was ended here; null for one that lives. */
  broken: string | null;
}

export interface Downloaded {
  bytes: number;
  broken: string | null;
}

const TRIES_MAX = 50;
const ECHO_EVERY_MS = 50;
const ECHO_LIMIT_MS = 10_000;
const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** A WebSocket on which number after number is sent, and each must come back. */
export async function openWebSocket(way: Way): Promise<{ end(): Promise<Echoes> }> {
  const socket = await through(way, async () => {
    const headers = { host: way.host, ...HANDSHAKE };
    const outgoing = request({ host: way.target, headers, agent: false });
    outgoing.end();
    const [response, upgraded] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Socket];
    return { response, opened: upgraded, close: () => upgraded.destroy() };
  });
  const result: Echoes = { echoes: 0, broken: null };
  let ending = false;
  socket.on('error', () => socket.destroy());
  const echoing = (async () => {
    while (!ending) {
      const word = `${result.echoes}\n`;
      socket.write(word);
      const [back] = await once(socket, 'data', { signal: AbortSignal.timeout(ECHO_LIMIT_MS) });
      if (String(back) !== word) throw new Error(`sent ${word}, got ${back}`);
      result.echoes++;
      await pause(ECHO_EVERY_MS);
      if (socket.destroyed || socket.readableEnded) throw new Error('closed by the other side');
    }
  })().catch((error: unknown) => {
    result.broken = String(error);
  });
  return {
    end: async () => {
      ending = true;
      await echoing;
      socket.destroy();
      return result;
    },
  };
}

/** A download at a limited rate; `end` takes the rest as fast as it comes. */
export async function openDownload(
  way: Way & { megabytes: number; megabytesPerSecond: number },
): Promise<{ end(): Promise<Downloaded> }> {
  const count = (way.megabytes * 1_048_576) / BLOCK_BYTES;
  const incoming = await through(way, async () => {
    const path = `/blocks?count=${count}`;
    const outgoing = request({ host: way.target, path, headers: { host: way.host }, agent: false });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { response, opened: response, close: () => outgoing.destroy() };
  });
  const result: Downloaded = { bytes: 0, broken: null };
  const startedMs = performance.now();
  let ending = false;
  const reading = (async () => {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      check(chunk, result.bytes);
      result.bytes += chunk.length;
      const dueMs = (result.bytes / way.megabytesPerSecond / 1_048_576) * 1000;
      const aheadMs = dueMs - (performance.now() - startedMs);
      if (!ending && aheadMs > ECHO_EVERY_MS) await pause(aheadMs);
    }
    if (result.bytes !== count * BLOCK_BYTES) throw new Error('ended too early');
  })().catch((error: unknown) => {
    result.broken = String(error);
  });
  return {
    end: async () => {
      ending = true;
      await reading;
      return result;
    },
  };
}

/** Opens until it came through the router that is wanted. */
async function through<Opened>(
  { via }: Way,
  open: () => Promise<{ response: IncomingMessage; opened: Opened; close(): void }>,
): Promise<Opened> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const { response, opened, close } = await open();
    if (response.headers['x-via'] === via) return opened;
    close();
  }
  throw new Error(`no way through ${via}`);
}

function check(chunk: Buffer, from: number): void {
  let at = 0;
  while (at < chunk.length) {
    const position = from + at;
    const inBlock = position % BLOCK_BYTES;
    const expected = blockAt(Math.floor(position / BLOCK_BYTES)).subarray(inBlock);
    const got = chunk.subarray(at, at + expected.length);
    if (!got.equals(expected.subarray(0, got.length))) throw new Error(`wrong at ${position}`);
    at += got.length;
  }
}
