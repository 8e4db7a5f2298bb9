import { chmod, chown, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import * as v from 'valibot';
import { refuse, toErrorRecord } from '../../domain/base/error.ts';
import { parsedJson } from '../../domain/base/json.ts';
import { meter, type Rate } from '../../domain/base/rate.ts';
import { amount, anything, form, idShape, shaped } from '../../domain/base/shapes.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { makeFolder } from '../../machine/disk/files.ts';
import { ensureGroup } from '../../machine/groups.ts';

/** One line of JSON in, one line of JSON out, then the connection ends. */
export interface SocketRequest {
  /** Made by the caller: a retry with it cannot happen twice. */
  id: string;
  operation: string;
  params: Json;
  timeoutMs: number;
}

const TIMEOUT_MS_MAX = 60_000;
const REQUEST = v.object({
  id: idShape('an id'),
  operation: form(/^[a-z][a-z.-]{0,63}$/, 'an operation'),
  params: anything,
  timeoutMs: amount(1, TIMEOUT_MS_MAX),
});

/** What one socket takes. */
interface Door {
  path: string;
  mode: number;
  /** Of one request. */
  bytesMax: number;
  connectionsMax: number;
  answer: (request: SocketRequest) => Promise<Json>;
  talkMs: number;
}

/** From the first byte to the last of a request, and the same for who reads the answer. */
const TALK_MS = 10_000;
const READ_GROUP = 'kato';
/** Of all members together: they ask in the name of this node, which may be the core. */
const READERS: Rate = { burst: 60, perSecond: 10 };
const READERS_AT_ONCE = 16;

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

/** Two sockets: one for root, one for group `kato` that only reads, and only so much. */
export async function serveSockets(
  paths: Paths,
  answer: (request: SocketRequest) => Promise<Json>,
  talkMs = TALK_MS,
): Promise<{ close(): void }> {
  await makeFolder(paths.run, 0o755);
  const full = await listen({
    path: paths.socket,
    mode: 0o600,
    bytesMax: 4_000_000,
    connectionsMax: 200,
    answer,
    talkMs,
  });
  // Nodes below other roots are for tests, and leave the machine as it is.
  const readers = paths.root === '/' ? await ensureGroup(READ_GROUP) : null;
  const reading = await listen({
    path: paths.readSocket,
    mode: readers === null ? 0o600 : 0o660,
    bytesMax: 16_000,
    connectionsMax: 100,
    answer: forReaders(answer),
    talkMs,
  });
  if (readers !== null) await chown(paths.readSocket, 0, readers);
  return {
    close: () => {
      full.close();
      reading.close();
    },
  };
}

/** NOT_ALLOWED for what they may not ask, BUSY for more than this node asks for them. */
function forReaders(answer: Door['answer']): Door['answer'] {
  const { takes } = meter();
  let asking = 0;
  return async (request) => {
    if (!READ_ONLY.has(request.operation)) {
      throw refuse(
        'NOT_ALLOWED',
        `group ${READ_GROUP} may not ask for ${request.operation}`,
        'members of the group only look',
        'run the command as root',
      );
    }
    if (asking >= READERS_AT_ONCE || !takes(READ_GROUP, READERS, 1, performance.now())) {
      throw refuse(
        'BUSY',
        `group ${READ_GROUP} asks more questions than this node passes on`,
        `the limit is ${READERS.perSecond} questions a second`,
        'try again in a moment, or run the command as root',
      );
    }
    asking++;
    return answer(request).finally(() => asking--);
  };
}

async function listen(door: Door): Promise<Server> {
  await rm(door.path, { force: true });
  // Who has said all that he has to say may close that side, and still hears the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => converse(socket, door));
  server.maxConnections = door.connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(door.path, resolve);
  });
  await chmod(door.path, door.mode);
  return server;
}

function converse(socket: Socket, { bytesMax, answer, talkMs }: Door): void {
  let text = '';
  let timer = setTimeout(() => socket.destroy(), talkMs);
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(timer));
  socket.on('end', () => {
    if (text === '') socket.end();
    else void reply();
  });
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > bytesMax) socket.destroy();
    else if (chunk.endsWith('\n')) void reply();
  });

  async function reply(): Promise<void> {
    socket.removeAllListeners('data').removeAllListeners('end').resume();
    clearTimeout(timer);
    const said = await answered(text, answer);
    if (socket.destroyed) return;
    // A client that never reads its answer would keep it here for ever.
    timer = setTimeout(() => socket.destroy(), talkMs);
    socket.end(`${JSON.stringify(said)}\n`);
  }
}

async function answered(text: string, answer: Door['answer']): Promise<Json> {
  try {
    const { value, fault } = shaped(REQUEST, parsedJson(text));
    if (fault !== null) throw refuse('USAGE', 'this is not a request', fault);
    return { ok: await answer(value as SocketRequest) };
  } catch (error) {
    return { error: toErrorRecord(error) as unknown as Json };
  }
}
