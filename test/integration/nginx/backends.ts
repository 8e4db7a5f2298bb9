import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const ADDRESS = '127.0.0.1';
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a backend says about the request that it got. */
export interface Seen {
  backend: string;
  url: string;
  method: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Backend {
  readonly address: string;
  /** Requests that reached it. */
  readonly count: () => number;
  readonly connections: () => number;
  stop(): Promise<void>;
}

export interface BackendOptions {
  port?: number;
  /** Reads a request whole, then closes without an answer. */
  hangUp?: boolean;
  /** What it answers with, if not 200. */
  status?: number;
  headers?: Record<string, string | string[]>;
}

/** A backend that answers with what it saw, and echoes bytes after a WebSocket handshake. */
export async function startBackend(name: string, options: BackendOptions = {}): Promise<Backend> {
  let count = 0;
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer(async (incoming, response) => {
    count++;
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    if (options.hangUp === true) return incoming.socket.destroy();
    const { url, method, headers } = incoming;
    response.writeHead(options.status ?? 200, {
      'content-type': 'application/json',
      ...options.headers,
    });
    response.end(JSON.stringify({ backend: name, url, method, headers, body }));
  });
  server.on('upgrade', (incoming, socket) => {
    const key = String(incoming.headers['sec-websocket-key']);
    const accept = createHash('sha1')
      .update(key + WEBSOCKET_GUID)
      .digest('base64');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, ADDRESS);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `${ADDRESS}:${port}`,
    count: () => count,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const FROZEN = `
const server = require('node:net').createServer().listen({ port: 0, host: '${ADDRESS}', backlog: 1 });
server.on('listening', () => console.log(server.address().port));`;
const CONNECT_LIMIT_MS = 150;
const FILLERS_MAX = 20;

/** Like a machine without power: connecting to it is answered by nothing at all. */
export async function startBlackHole(): Promise<Backend> {
  const child = spawn(process.execPath, ['-e', FROZEN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let i = 0; i < FILLERS_MAX; i++) {
    const socket = connect(port, ADDRESS);
    socket.on('error', () => undefined);
    fillers.push(socket);
    const connected = once(socket, 'connect').then(() => true);
    if (!(await Promise.race([connected, pause(CONNECT_LIMIT_MS, false)]))) break;
  }
  return {
    address: `${ADDRESS}:${port}`,
    count: () => 0,
    connections: () => fillers.length,
    async stop() {
      for (const socket of fillers) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

export interface Asked {
  host: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Address of the client. */
  from?: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** What the backend saw; throws when no backend answered. */
  seen: () => Seen;
}

/** Twice what the last of all dead takes, far below the 60 s that nginx waits by itself for a backend without power. */
const ANSWER_LIMIT_MS = 8000;

/** Node's own limit, 16 kB, is below what proxies pass. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** One request over a connection of its own. */
export async function ask(address: string, port: number, asked: Asked): Promise<Answer> {
  const { host, path = '/', method = 'GET', headers = {}, body = '', from } = asked;
  const outgoing = request({
    host: address,
    port,
    path,
    method,
    headers: { host, ...headers },
    localAddress: from,
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    seen: () => JSON.parse(text) as Seen,
  };
}
