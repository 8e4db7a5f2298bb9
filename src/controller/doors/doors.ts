import type { Bus } from '../../bus/bus.ts';
import { controllerKeysOf } from '../../bus/identity.ts';
import { openStore, type Store } from '../../bus/store/store.ts';
import { CONTROLLER } from '../../bus/subjects.ts';
import type { ControllerKeys } from '../../domain/views/view.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Live } from '../state/live.ts';
import type { Records } from '../state/records.ts';
import { limitConnections } from './connections.ts';
import { serveHttp } from './http.ts';
import { connectLanes, type Lanes } from './lanes.ts';

/** What a controller is told by its config file, `templates/controller/controller.json`. */
export interface ControllerConfig {
  clusterId: string;
  bus: { address: string; port: number };
  http: { address: string; port: number };
  /** Certificate of the cluster's authority, PEM. */
  ca: string;
  /** Of the controllers' identity on the bus: a secret. */
  seed: string;
}

/** All that a controller has of the world outside it: a simulation gives it another one. */
export interface Doors {
  clock: Clock;
  keys: ControllerKeys;
  /** Null when `signal` ends it. `onUp` is told which of them is there, or back. */
  connect(onUp: (lane: keyof Lanes) => void, signal: AbortSignal): Promise<Lanes | null>;
  openStore(bus: Bus): Promise<Store>;
  /** Serves what is not asked on the bus, and watches who is connected to that; ends by `signal`. */
  serve(
    on: { live: Live; bus: Bus; records: Records },
    signal: AbortSignal,
  ): Promise<{ closed(): Promise<void> }>;
}

export function doorsOf({ clusterId, bus, http, ca, seed }: ControllerConfig, kato: string): Doors {
  const keys = controllerKeysOf(seed);
  const identity = { who: CONTROLLER, key: keys.controller, seed };
  return {
    clock: systemClock,
    keys,
    connect: (onUp, signal) =>
      connectLanes({ ...bus, ca, clusterId, identity, name: 'controller' }, onUp, signal),
    openStore: (lane) => openStore(lane, seed),
    serve: async ({ live, bus: lane, records }, signal) => {
      const watching = limitConnections(
        { ...bus, ca, clusterId, seed },
        { live, keys, records },
        signal,
      );
      const server = await serveHttp(http, { live, bus: lane, kato, clusterId });
      return {
        closed: async () => {
          await watching;
          await server.close();
        },
      };
    },
  };
}
