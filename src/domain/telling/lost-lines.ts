import type { Report } from '../making/step.ts';
import type { Warning } from './status.ts';

/** A log that cannot be written holds up no program: its lines are lost, and somebody is to know. */
export function lostLinesWarnings(node: string, report: Report | undefined): Warning[] {
  if (report?.lostLines === undefined) return [];
  const { logs, diskFull } = report.lostLines;
  const why = diskFull
    ? 'the disk of /var/log/kato is full'
    : 'more is written than /var/log/kato can take';
  return [
    {
      code: 'LOG_LOST',
      message: `${node} loses lines of its logs (${logs.join(' ')}): ${why}`,
      node,
    },
  ];
}
