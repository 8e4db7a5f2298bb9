import { connect } from 'node:net';

/** Whether some program accepts connections at this unix socket. */
export function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}
