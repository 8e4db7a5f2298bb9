import type { Socket } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';

/** What one connection may bring before the others have their turn: some milliseconds of work. */
const TURN_MAX = 500;
/** A message that is read counts for as many that are dropped unread. */
const READ_WEIGHT = 20;

/**
 * Called for each message of a connection, and whether it is read: after so much in one turn of the
 * event loop it takes no more from the wire until the next. By itself Node reads two megabytes of a
 * connection before it looks at another one, which is half a second of small messages.
 */
export function takeTurns(nats: NatsConnection): (isRead: boolean) => void {
  let taken = 0;
  let paused: Socket | null = null;
  const endTurn = (): void => {
    taken = 0;
    paused?.resume();
    paused = null;
  };
  return (isRead) => {
    if (taken === 0) setImmediate(endTurn);
    taken += isRead ? READ_WEIGHT : 1;
    if (taken < TURN_MAX || paused !== null) return;
    paused = socketOf(nats);
    paused?.pause();
  };
}

/** What is below a connection, which the library does not show; null where a later one has it elsewhere. */
export function socketOf(nats: NatsConnection): Socket | null {
  const { protocol } = nats as unknown as { protocol?: { transport?: { socket?: Socket } } };
  return protocol?.transport?.socket ?? null;
}
