import type { StepResult } from '../../domain/making/step.ts';

/** One step of a node as it happens. */
export function stepLine(node: string, { kind, process, ms, failed, note }: StepResult): string {
  const more = note === undefined ? '' : ` (${note})`;
  return `${node}: ${kind} ${process} ... ${failed ? 'failed' : 'ok'} ${ms} ms${more}`;
}
