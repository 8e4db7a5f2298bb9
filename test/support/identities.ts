import assert from 'node:assert/strict';
import { attach, typed } from './cluster.ts';
import type { Host } from './lab/host.ts';

/** Gives a machine another address on the lab's wire, for as long as it is on. */
export async function readdress(host: Host, from: string, to: string): Promise<void> {
  const gateway = to.replace(/\.\d+$/, '.254');
  await typed(
    host,
    `ip address del ${from}/24 dev eth0 && ip address add ${to}/24 dev eth0 &&
      ip route add default via ${gateway} dev eth0`,
  );
}

/** An address of the lab that no host has. */
export function otherAddress({ address }: Host): string {
  return address.replace(/\d+$/, (number) => String(Number(number) + 100));
}

const SUMS = `cd /var/lib/kato && find . -type f -exec sha256sum {} + | sort -k 2 &&
  find . -printf '%M %U %G %y %p %l\\n' | sort -k 5`;

/** Every file that kato keeps on a machine on which nothing runs: what is in it, whose it is, where. */
export function treeOf(host: Host): Promise<string> {
  return typed(host, SUMS);
}

/** The same files, lines of a tree that is no longer so are told. */
export async function assertTree(host: Host, before: string, what = 'since then'): Promise<void> {
  const [old, now] = [before, await treeOf(host)].map((text) => new Set(text.split('\n')));
  const changed = [...[...old!].filter((line) => !now!.has(line)), '->'];
  const all = [...changed, ...[...now!].filter((line) => !old!.has(line))];
  assert.deepEqual(all, ['->'], `changed on ${host.name}: ${what}`);
}

/** The disk of one machine, as a copy brings it to another one, which is switched on with it. */
export async function cloneOf(
  original: Host,
  onto: Host,
  options: { sameMachineId: boolean },
): Promise<void> {
  const disk = await typed(original, 'tar -C / --exclude=supervise -c var/lib/kato | base64 -w 0');
  await typed(onto, 'rm -rf /var/lib/kato && base64 -d | tar -C / -x', { input: disk });
  const machineId = await original.read('/etc/machine-id');
  const another = machineId.replaceAll(/./g, (digit) => (digit === 'f' ? '0' : 'f'));
  await onto.write('/etc/machine-id', options.sameMachineId ? machineId : another);
}

/** A data node with a row in each database. */
export async function dataNode(host: Host, core: Host): Promise<void> {
  await attach(host, core, 'redis,postgresql');
  await fillData(host, core);
}

/** A row in each database of a node that has them. */
export async function fillData(host: Host, core: Host): Promise<void> {
  const { redis, psql } = await clientsOf(host, core);
  await redis('set kept yes');
  await psql("create table t (x text); insert into t values ('kept')");
}

/** Its databases hold what `dataNode` has put there, and open with the passwords of the cluster. */
export async function assertData(host: Host, core: Host, address = host.address): Promise<void> {
  const { redis, psql } = await clientsOf(host, core, address);
  assert.equal(await redis('get kept'), 'yes\n');
  assert.equal(await psql('select x from t'), 'kept\n');
}

async function clientsOf(host: Host, core: Host, address = host.address) {
  const secretOf = async (role: string) =>
    (await typed(core, `kato role info --secret ${role} -n ${host.name}`)).trim();
  const env = { REDISCLI_AUTH: await secretOf('redis'), PGPASSWORD: await secretOf('postgresql') };
  return {
    redis: (words: string) =>
      typed(core, `redis-cli -h ${address} --no-auth-warning ${words}`, { env }),
    psql: (sql: string) => typed(core, `psql -h ${address} -U postgres -Atqc "${sql}"`, { env }),
  };
}
