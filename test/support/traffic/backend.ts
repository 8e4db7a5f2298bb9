import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { BLOCK_BYTES, blockAt } from './blocks.ts';

/**
 * Run on a host: `backend.ts NAME PORT`. Answers with what it saw; `/blocks?count=N` is a large
 * file; after the handshake of a WebSocket it echoes bytes. Says "ready" on stdout.
 */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [name = '', port = ''] = process.argv.slice(2);

const server = createServer((incoming, response) => {
  const via = incoming.socket.remoteAddress;
  const url = new URL(incoming.url ?? '/', 'http://backend');
  response.setHeader('x-via', String(via));
  if (url.pathname !== '/blocks') {
    return response.end(JSON.stringify({ backend: name, via, headers: incoming.headers }));
  }
  const count = Number(url.searchParams.get('count'));
  response.setHeader('content-length', count * BLOCK_BYTES);
  let next = 0;
  const send = (): void => {
    while (next < count) if (!response.write(blockAt(next++))) return;
    response.end();
  };
  response.on('drain', send);
  send();
});
server.on('upgrade', (incoming, socket) => {
  const key = String(incoming.headers['sec-websocket-key']);
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `X-Via: ${incoming.socket.remoteAddress}`,
  ];
  socket.on('error', () => socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.pipe(socket);
});
server.listen(Number(port), '0.0.0.0', () => console.log('ready'));
