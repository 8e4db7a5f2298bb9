import type { Bus, BusOptions } from '../../bus/bus.ts';
import { connectBusAtLast } from '../../bus/connection.ts';

/**
 * A controller's connections to the bus. What waits on one is in front of nobody on another: the bus
 * keeps what a slow reader has not taken, and cuts him off when that is too much.
 */
export interface Lanes {
  /** The state, admins, questions to nodes. */
  control: Bus;
  /** Requests of all other nodes. */
  nodes: Bus;
  /** Heartbeats. */
  beats: Bus;
  /** Machines that join, and announcers. */
  strangers: Bus;
}

const NAMES = ['control', 'nodes', 'beats', 'strangers'] as const;

/** Null when `signal` ends it. `onUp` is told which of them is there, or back. */
export async function connectLanes(
  options: BusOptions,
  onUp: (lane: keyof Lanes) => void,
  signal: AbortSignal,
): Promise<Lanes | null> {
  const connecting = NAMES.map(async (lane) => {
    const onStatus = (status: 'up' | 'down') => {
      if (status === 'up') onUp(lane);
    };
    const name = `${options.name} ${lane}`;
    return [lane, await connectBusAtLast({ ...options, name, onStatus }, signal)] as const;
  });
  const lanes = await Promise.all(connecting);
  if (lanes.some(([, bus]) => bus === null)) {
    await closeAll(lanes.map(([, bus]) => bus));
    return null;
  }
  return Object.fromEntries(lanes) as unknown as Lanes;
}

/** What was asked is answered before they end. */
export function closeLanes(lanes: Lanes): Promise<void> {
  return closeAll(Object.values(lanes));
}

async function closeAll(buses: readonly (Bus | null)[]): Promise<void> {
  await Promise.all(buses.map((bus) => bus?.close()));
}
