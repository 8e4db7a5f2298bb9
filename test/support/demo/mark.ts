import { readFileSync, writeFileSync } from 'node:fs';
import { Lab } from '../lab/lab.ts';
import { attempt } from '../lab/processes.ts';
import { folderOf, labNumbers, loadLab } from '../lab/store.ts';

/** Tells the demo's lab from others, and one that was broken off from one that is done. */
export type Mark = 'begun' | 'complete';

export interface Demo {
  lab: Lab;
  /** It was built to the end, and all its hosts are on. */
  isComplete: boolean;
}

export function markDemo(lab: Lab, mark: Mark): void {
  writeFileSync(fileOf(lab.number), mark);
}

export function findDemo(): Demo | undefined {
  for (const number of labNumbers()) {
    const mark = attempt(() => readFileSync(fileOf(number), 'utf8'));
    if (mark === undefined || loadLab(number) === undefined) continue;
    const lab = Lab.open(number);
    return { lab, isComplete: mark === 'complete' && lab.hosts.every((host) => host.isOn) };
  }
  return undefined;
}

function fileOf(number: number): string {
  return `${folderOf(number)}/demo`;
}
