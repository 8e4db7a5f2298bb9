import { errors, type NatsConnection } from '@nats-io/transport-node';
import type { KatoError } from '../domain/base/error.ts';
import type { BusOptions } from './bus.ts';
import { busAway, connectFailure } from './failures.ts';

/** Whether a connection is there at the moment. */
interface Link {
  isUp: () => boolean;
  /** Rejects with BUS_AWAY when the connection breaks first. */
  whileUp: <T>(work: Promise<T>) => Promise<T>;
}

export function followStatus(nats: NatsConnection, options: BusOptions): Link {
  let up = true;
  const waiting = new Set<(error: KatoError) => void>();

  const down = (reason: KatoError) => {
    up = false;
    for (const reject of waiting) reject(busAway());
    options.onStatus?.('down', reason);
  };
  const follow = async () => {
    for await (const status of nats.status()) {
      // After a refusal it says nothing new.
      if (status.type === 'disconnect' && up) down(busAway());
      if (status.type === 'error' && status.error instanceof errors.AuthorizationError) {
        down(connectFailure(status.error, options));
      }
      if (status.type === 'reconnect') {
        up = true;
        options.onStatus?.('up', null);
      }
    }
    up = false;
  };
  void follow();

  return {
    isUp: () => up && !nats.isClosed(),
    whileUp: async (work) => {
      const broken = Promise.withResolvers<never>();
      waiting.add(broken.reject);
      try {
        return await Promise.race([work, broken.promise]);
      } finally {
        waiting.delete(broken.reject);
      }
    },
  };
}
