import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const ADDRESS = '127.0.0.1';

/** A backend that keeps connections, holds answers back, and closes connections when told. */
export interface KeepingBackend {
  readonly address: string;
  /** Requests whose answers are held back. */
  readonly held: () => number;
  /** Requests for anything but `HOLD`: `PUT the body`. */
  readonly took: string[];
  /** Gives the oldest answer that is held back. */
  answer(): void;
  /** Closes the connection that was used last, if there is one: nginx would take it next. */
  closeLast(): boolean;
  stop(): Promise<void>;
}

export const HOLD = '/hold';

export async function startKeeping(): Promise<KeepingBackend> {
  const held: ServerResponse[] = [];
  const took: string[] = [];
  /** The one that was used last is the last. */
  const sockets = new Set<Socket>();
  const server = createServer({ keepAliveTimeout: 60_000 }, async (incoming, response) => {
    if (incoming.url === HOLD) return held.push(response);
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    took.push(`${incoming.method} ${body}`);
    response.end();
  });
  server.on('connection', (socket) => socket.on('close', () => sockets.delete(socket)));
  server.listen(0, ADDRESS);
  await once(server, 'listening');
  return {
    address: `${ADDRESS}:${(server.address() as AddressInfo).port}`,
    held: () => held.length,
    took,
    answer() {
      const response = held.shift()!;
      sockets.delete(response.socket!);
      sockets.add(response.socket!);
      response.end();
    },
    closeLast() {
      const socket = [...sockets].at(-1);
      if (socket !== undefined) sockets.delete(socket.destroy());
      return socket !== undefined;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
