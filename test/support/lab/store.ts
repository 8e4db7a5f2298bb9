import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { attempt, isAlive, type ProcessMark } from './processes.ts';

export const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** All labs of this user. Root's lie on the disk, so that they have room. */
export const LABS =
  process.getuid?.() === 0 ? '/var/lib/kato-lab' : `/tmp/kato-lab-${process.getuid?.()}`;

/** Third number of the addresses. */
const LAST_NUMBER = 250;
const OVERLAY_MAGIC = 0x794c7630;

/** `root`: namespaces; `user`: the same inside a user namespace; `plain`: folders on one machine. */
export type LabKind = 'root' | 'user' | 'plain';

/** A lab as it is on disk, so that another process can go on with it. */
export interface LabRecord {
  number: number;
  kind: LabKind;
  hosts: number;
  /** What runs its hosts; none when not given, as in a container. */
  init?: 'systemd';
  /** First process of the lab's namespaces; none in a plain lab. */
  keeper?: ProcessMark;
  /** The test process that it belongs to: a lab whose owner is gone is swept away. */
  owner?: ProcessMark;
  /** The checkout that made it: commands that name no lab mean its own ones. */
  checkout?: string;
}

export function folderOf(number: number): string {
  return `${LABS}/${number}`;
}

/** Takes a free number; a folder can be made once only. */
export function claimNumber(): number {
  mkdirSync(LABS, { recursive: true, mode: 0o755 });
  for (let number = 1; number <= LAST_NUMBER; number++) {
    if (existsSync(folderOf(number))) continue;
    const claimed = attempt(() => {
      mkdirSync(folderOf(number));
      return number;
    });
    if (claimed !== undefined) return claimed;
  }
  throw new Error(`all ${LAST_NUMBER} labs are taken: scripts/lab down --all`);
}

export function saveLab(record: LabRecord): void {
  writeFileSync(`${folderOf(record.number)}/lab.json`, `${JSON.stringify(record)}\n`);
}

/** Labs that this checkout made and that belong to no test, in order. */
export function ownLabs(): number[] {
  return labNumbers().filter((number) => {
    const record = loadLab(number);
    return record?.checkout === CHECKOUT && record.owner === undefined;
  });
}

/** Undefined where a lab is just being made, or was left half made. */
export function loadLab(number: number): LabRecord | undefined {
  const text = attempt(() => readFileSync(`${folderOf(number)}/lab.json`, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as LabRecord);
}

export function labNumbers(): number[] {
  return (attempt(() => readdirSync(LABS)) ?? []).map(Number).sort((a, b) => a - b);
}

export function isAbandoned(record: LabRecord): boolean {
  return record.owner !== undefined && !isAlive(record.owner);
}

/** An overlay cannot lie on an overlay: there the disks are in memory. */
export function diskPlace(folder: string): 'disk' | 'tmpfs' {
  return statfsSync(folder).type === OVERLAY_MAGIC ? 'tmpfs' : 'disk';
}
