import type { Json } from './cluster.ts';

/** One change that was asked for. */
export type HistoryEntry = {
  /** ISO time. */
  at: string;
  /** Name of the node that asked; `join` for a machine that was none yet. */
  by: string;
  operation: string;
  params: Json;
  /** `done` or the code of the error. */
  outcome: string;
  revision: number | null;
};
