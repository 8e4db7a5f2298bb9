import { connect } from 'node:net';

/** The kernel takes connections for a program that is frozen, too. */
const ANSWER_MS = 5000;

/** Whether a program at this unix socket does something about a line that it is sent. */
export function answers(path: string, limitMs = ANSWER_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(limitMs, () => answer(false));
    socket
      .on('connect', () => socket.write('\n'))
      .on('error', () => answer(false))
      .on('data', () => answer(true))
      .on('end', () => answer(true));
  });
}
