import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { until } from '../until.ts';
import { removeCgroup } from './cgroup.ts';
import { run } from './command.ts';
import { type Host, LOGIN } from './host.ts';
import { namespaceHost } from './namespace-host.ts';
import { networkOf, startKeeper, userNamespace } from './namespaces.ts';
import { plainHost } from './plain-host.ts';
import { isAlive, markOf, namespaceOf, signal, ticksNow, wake } from './processes.ts';
import {
  CHECKOUT,
  claimNumber,
  folderOf,
  isAbandoned,
  type LabKind,
  type LabRecord,
  labNumbers,
  loadLab,
  saveLab,
} from './store.ts';

export interface LabOptions {
  hosts: number;
  /** Outlives the process that made it; else it is swept away after that one's end. */
  stays?: boolean;
  /** The best that the machine allows, when not given here or in KATO_LAB_KIND. */
  kind?: LabKind;
  /** It runs the hosts; NotInThisLab where this machine has none, or does not let it. */
  init?: 'systemd';
}

/** Some hosts on one wire. `await using` takes it down. */
export interface Lab extends AsyncDisposable {
  readonly number: number;
  readonly kind: LabKind;
  readonly folder: string;
  readonly hosts: readonly Host[];
  /** h1 is 1. */
  host(number: number): Host;
  /** Powers all off, and leaves the disks for a look; `scripts/lab down` removes them later. */
  keep(): Promise<void>;
  /** Leaves nothing of it: no process, no mount, no folder. */
  down(): Promise<void>;
}

export const Lab = {
  async up(options: LabOptions): Promise<Lab> {
    await Lab.sweep();
    const owner = options.stays ? {} : { owner: markOf(process.pid)! };
    const whose = { ...owner, checkout: CHECKOUT };
    const number = claimNumber();
    saveLab({ number, kind: 'plain', hosts: 0, ...whose });
    const { hosts, init } = options;
    const record = { ...(await wireUp(number, options)), hosts, ...(init && { init }), ...whose };
    saveLab(record);
    const lab = open(record);
    try {
      await Promise.all(lab.hosts.map((host) => host.powerOn()));
    } catch (error) {
      await lab.down();
      throw error;
    }
    return lab;
  },

  /** A lab that another process made. */
  open(number: number): Lab {
    const record = loadLab(number);
    if (record === undefined) throw new Error(`there is no lab ${number}`);
    return open(record);
  },

  /** Takes down the labs whose test process is gone; one that will not go is in nobody's way. */
  async sweep(): Promise<void> {
    const records = labNumbers().map(loadLab);
    const abandoned = records.filter((one) => one !== undefined).filter(isAbandoned);
    await Promise.allSettled(abandoned.map((record) => open(record).down()));
  },
};

function open(record: LabRecord): Lab {
  const hosts = Array.from({ length: record.hosts }, (_, index) =>
    record.kind === 'plain' ? plainHost(record, index + 1) : namespaceHost(record, index + 1),
  );
  const lab: Lab = {
    number: record.number,
    kind: record.kind,
    folder: folderOf(record.number),
    hosts,
    host(number) {
      const host = hosts[number - 1];
      if (host === undefined) throw new Error(`lab ${record.number} has no h${number}`);
      return host;
    },
    async keep() {
      await Promise.all(hosts.map((host) => host.powerOff()));
      const { owner: _, ...kept } = record;
      saveLab(kept);
    },
    async down() {
      const mounts = hosts.flatMap(({ pid }) => (pid && namespaceOf(pid, 'mnt')) || []);
      if (record.kind === 'plain') await Promise.all(hosts.map((host) => host.powerOff()));
      await endKeeper(record, mounts);
      await removeCgroups(record);
      await removeFolder(record);
    },
    [Symbol.asyncDispose]: () => lab.down(),
  };
  return lab;
}

/** Tries the kinds from the best down; what a kind lacks, its first process finds out. */
async function wireUp(number: number, options: LabOptions): Promise<LabRecord> {
  const wanted = options.kind ?? (process.env.KATO_LAB_KIND as LabKind | undefined);
  const root = process.getuid?.() === 0;
  const kinds: LabKind[] = wanted ? [wanted] : root ? ['root', 'user', 'plain'] : ['user', 'plain'];
  prepareFolder(number, options.hosts);
  const refusals: unknown[] = [];
  for (const kind of kinds) {
    const record = { number, kind, hosts: 0 };
    if (kind === 'plain') return record;
    try {
      return { ...record, keeper: await startKeeper(number, kind) };
    } catch (error) {
      refusals.push(error);
    }
  }
  await removeFolder({ number, kind: 'plain', hosts: 0 });
  throw new AggregateError(refusals, `this machine refuses a lab of kind ${kinds.join(', ')}`);
}

function prepareFolder(number: number, hosts: number): void {
  const folder = folderOf(number);
  mkdirSync(`${folder}/cache`, { recursive: true });
  const numbers = Array.from({ length: hosts }, (_, index) => index + 1);
  const others = numbers.map((host) => `${networkOf({ number })}.${host} h${host}\n`);
  writeFileSync(`${folder}/hosts`, `127.0.0.1 localhost\n::1 localhost\n${others.join('')}`);
  for (const host of numbers) mkdirSync(`${folder}/h${host}`, { recursive: true });
}

/** All hosts are inside its process namespace and end with it, once nobody outside is frozen over them. */
async function endKeeper({ number, keeper }: LabRecord, mounts: string[]): Promise<void> {
  if (keeper === undefined || !isAlive(keeper)) return;
  const all = [namespaceOf(keeper.pid, 'mnt')!, ...mounts];
  signal(keeper.pid, 'SIGKILL');
  const startedBy = ticksNow();
  const gone = () => all.every((one) => wake(one, { startedBy }) === 0) && !isAlive(keeper);
  await until(gone, { what: `lab ${number} has ended`, seconds: 10 });
}

async function removeCgroups(record: LabRecord): Promise<void> {
  if (record.init === undefined) return;
  const numbers = Array.from({ length: record.hosts }, (_, index) => index + 1);
  await Promise.all(numbers.map((host) => removeCgroup(record, host)));
}

/** In a user namespace files belong to users that only exist inside one. */
async function removeFolder({ number, kind }: LabRecord): Promise<void> {
  const folder = folderOf(number);
  if (kind !== 'user') return rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const argv = [...userNamespace(kind), 'rm', '-rf', folder];
  await run({ argv, env: LOGIN, wrapped: false }, {});
}
