import { chmod, chown, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Json } from '../domain/cluster.ts';
import { refuse, toErrorRecord } from '../domain/error.ts';
import type { Paths } from '../domain/paths.ts';
import { makeFolder } from '../machine/files.ts';
import { ensureGroup } from '../machine/groups.ts';

/** One line of JSON in, one line of JSON out, then the connection ends. */
export interface SocketRequest {
  /** Made by the caller: a retry with it cannot happen twice. */
  id: string;
  operation: string;
  params: Json;
  timeoutMs: number;
}

const REQUEST_BYTES_MAX = 4_000_000;
/** From the first byte to the last of a request. */
const REQUEST_MS = 10_000;
const CONNECTIONS_MAX = 200;
const READ_GROUP = 'kato';

/** What those in group `kato` may ask: what only reads and shows no secret. */
const READ_ONLY = new Set([
  'agent.info',
  'status',
  'node.list',
  'node.info',
  'process.list',
  'route.list',
  'config.get',
  'certificate.list',
  'history',
]);

/** Two sockets: one for root, one for group `kato` that only reads. */
export async function serveSockets(
  paths: Paths,
  answer: (request: SocketRequest) => Promise<Json>,
): Promise<{ close(): void }> {
  await makeFolder(paths.run, 0o755);
  const full = await listen(paths.socket, 0o600, answer);
  // Nodes below other roots are for tests, and leave the machine as it is.
  const readers = paths.root === '/' ? await ensureGroup(READ_GROUP) : null;
  const reading = await listen(paths.readSocket, readers === null ? 0o600 : 0o660, (request) => {
    if (READ_ONLY.has(request.operation)) return answer(request);
    throw refuse(
      'NOT_ALLOWED',
      `group ${READ_GROUP} may not ask for ${request.operation}`,
      'members of the group only look',
      'run the command as root',
    );
  });
  if (readers !== null) await chown(paths.readSocket, 0, readers);
  return {
    close: () => {
      full.close();
      reading.close();
    },
  };
}

async function listen(
  path: string,
  mode: number,
  answer: (request: SocketRequest) => Promise<Json>,
): Promise<Server> {
  await rm(path, { force: true });
  const server = createServer((socket) => converse(socket, answer));
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, mode);
  return server;
}

function converse(socket: Socket, answer: (request: SocketRequest) => Promise<Json>): void {
  let text = '';
  const late = setTimeout(() => socket.destroy(), REQUEST_MS);
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(late));
  socket.on('data', async (chunk: string) => {
    text += chunk;
    if (text.length > REQUEST_BYTES_MAX) return socket.destroy();
    if (!text.endsWith('\n')) return;
    socket.removeAllListeners('data');
    clearTimeout(late);
    const reply = await answered(text, answer);
    if (!socket.destroyed) socket.end(`${JSON.stringify(reply)}\n`);
  });
}

async function answered(
  text: string,
  answer: (request: SocketRequest) => Promise<Json>,
): Promise<Json> {
  try {
    return { ok: await answer(JSON.parse(text) as SocketRequest) };
  } catch (error) {
    return { error: toErrorRecord(error) as unknown as Json };
  }
}
