import type { Paths } from '../../domain/making/paths.ts';

/** What a step may know besides itself. */
export interface ApplyContext {
  paths: Paths;
  /** The process that applies, when it is itself one: its restart is not waited for. */
  self: string | null;
  /** Ends a wait for something that needs none any more, with the signal's reason. What is done stays done. */
  interrupted?: AbortSignal;
}
