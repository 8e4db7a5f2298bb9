import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import { type } from './cluster.ts';
import type { Host } from './lab/host.ts';
import { assertFitsStatusSchema } from './status-schema.ts';
import { until } from './until.ts';

/** Exit code of a status that its node tells from memory. */
export const AWAY = 5;
const EXTRA_SECONDS = 20;

/** A status that its node tells from memory, as nobody can make a new one. */
export async function remembered(host: Host): Promise<Status> {
  const { exitCode, stdout } = await type(host, 'kato status --json');
  assert.equal(exitCode, AWAY);
  const status = JSON.parse(stdout) as Status;
  assertFitsStatusSchema(status);
  return status;
}

/** Waits for so long, by the age of what a node remembers of the others. */
export async function agedBy(host: Host, seconds: number): Promise<void> {
  const age = async (): Promise<number> => {
    const { nodes } = await remembered(host);
    return Math.max(...nodes.map(({ lastSeen }) => lastSeen ?? 0));
  };
  let from: number | undefined;
  await until(
    async () => {
      from ??= await age();
      return (await age()) - from >= seconds;
    },
    { what: `${host.name} has heard nothing for ${seconds} s`, seconds: seconds + EXTRA_SECONDS },
  );
}
