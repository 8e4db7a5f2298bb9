import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { signer } from '../../../src/bus/identity.ts';

/** Where and as whom a flood comes in. */
export interface Door {
  address: string;
  port: number;
  ca: string;
  clusterId: string;
  key: string;
  seed: string;
}

/** The wire of the bus without a client library, which would be polite. */
export async function openRaw(door: Door): Promise<TLSSocket> {
  const { address, port, ca, clusterId, key, seed } = door;
  const socket = connect({ host: address, port, ca, servername: `bus.${clusterId}` });
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  const { nonce } = JSON.parse(greeting.toString().slice('INFO '.length)) as { nonce: string };
  const options = { verbose: false, pedantic: false, nkey: key, sig: signer(seed)(nonce) };
  socket.write(`CONNECT ${JSON.stringify({ ...options, lang: 'raw', version: '1' })}\r\nPING\r\n`);
  let heard = '';
  while (!heard.includes('PONG')) {
    const [more] = (await once(socket, 'data')) as [Buffer];
    heard += more.toString();
    if (heard.includes('-ERR')) throw new Error(heard);
  }
  return socket;
}

/** One message as it goes over the wire. */
export function frame(subject: string, payload: Uint8Array | string, reply = ''): Buffer {
  const body = Buffer.from(payload);
  const head = `PUB ${subject} ${reply === '' ? '' : `${reply} `}${body.length}\r\n`;
  return Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n')]);
}

/** Says it all over and over, as fast as the other side takes it. Returns the bytes that went out. */
export async function pour(
  open: () => Promise<TLSSocket>,
  frames: readonly Buffer[],
  deadlineMs: number,
): Promise<number> {
  const block = Buffer.concat(frames);
  let bytes = 0;
  while (performance.now() < deadlineMs) {
    const socket = await open().catch(() => null);
    if (socket === null) {
      // Refused for the moment: one that floods comes again.
      await pause(20);
      continue;
    }
    const late = setTimeout(() => socket.destroy(), deadlineMs - performance.now());
    socket.on('error', () => socket.destroy());
    socket.resume();
    bytes += await new Promise<number>((resolve) => {
      let sent = 0;
      const more = (): void => {
        for (let room = true; room && !socket.destroyed; sent += block.length) {
          room = socket.write(block);
        }
      };
      socket.on('drain', more);
      socket.once('close', () => resolve(sent));
      more();
    });
    clearTimeout(late);
  }
  return bytes;
}
