import assert from 'node:assert/strict';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';
import { type Machine, machine } from './kato.ts';

describe("a volume with the bus's data that is full", () => {
  let here: Machine;
  let data: string;
  before(async () => {
    here = await machine({ agent: true });
    const roles = [{ name: 'primary', state: 'running' as const, processes: [] }];
    const nodes = [nodeStatus('core', { self: true, roles })];
    here.answers.status = () => statusWith({ nodes }) as unknown as Json;
    here.answers['certificate.list'] = () => [];
    const lib = `${here.env.KATO_ROOT}/var/lib/kato`;
    data = `${lib}/data/nats-server`;
    await here.type(`mkdir -p ${lib}/state ${data} && mount -t tmpfs -o size=1M tmpfs ${data}`);
  });
  after(async () => {
    await here.type(`umount ${data}`);
    here.end();
  });
  const disk = async () =>
    (await here.kato('check')).stdout.split('\n').find((line) => / disk /.test(line));

  it('is critical, though there is room for the state and the logs', async () => {
    await here.type(`cat /dev/zero >${data}/full`);
    assert.match((await disk())!, new RegExp(`^critical +disk +0 % of the disk with ${data} of`));
    await here.type(`rm ${data}/full`);
    assert.doesNotMatch((await disk())!, new RegExp(data));
  });
});
