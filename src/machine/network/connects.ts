import { connect } from 'node:net';

/** Whether `address:port` takes a connection within the time; `refused` where its machine says no. */
export function connects(peer: string, limitMs: number): Promise<'yes' | 'refused' | 'no'> {
  const at = peer.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({ host: peer.slice(0, at), port: Number(peer.slice(at + 1)) });
    const done = (answer: 'yes' | 'refused' | 'no'): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(limitMs, () => done('no'));
    socket.once('connect', () => done('yes'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      done(code === 'ECONNREFUSED' ? 'refused' : 'no'),
    );
  });
}
