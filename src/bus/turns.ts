import type { Socket } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';

/** Messages that one connection may bring before the others have their turn: some milliseconds. */
const TURN_MAX = 500;

/**
 * Called for each message of a connection: after so many in one turn of the event loop it reads no
 * further until the next. By itself Node reads two megabytes of a connection before it looks at another
 * one, which is half a second of small messages.
 */
export function takeTurns(nats: NatsConnection): () => void {
  let taken = 0;
  let paused: Socket | null = null;
  const endTurn = (): void => {
    taken = 0;
    paused?.resume();
    paused = null;
  };
  return () => {
    taken++;
    if (taken === 1) setImmediate(endTurn);
    if (taken !== TURN_MAX) return;
    paused = socketOf(nats);
    paused?.pause();
  };
}

/** What is below a connection, which the library does not show; null where a later one has it elsewhere. */
export function socketOf(nats: NatsConnection): Socket | null {
  const { protocol } = nats as unknown as { protocol?: { transport?: { socket?: Socket } } };
  return protocol?.transport?.socket ?? null;
}
