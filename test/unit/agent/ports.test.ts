import assert from 'node:assert/strict';
import { type PortKeeper, portKeeper } from '../../../src/agent/lanes/ports.ts';
import { wishOf } from '../../../src/agent/lanes/process-unit.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { serviceFolder } from '../../../src/domain/making/s6/service-folder.ts';
import type { Step } from '../../../src/domain/making/step.ts';
import { PLAIN_PROCESS } from '../../support/specs.ts';

describe('the ports of a node', () => {
  let keeper: PortKeeper;
  let interrupt: AbortController;
  beforeEach(() => {
    keeper = portKeeper();
    interrupt = new AbortController();
  });

  /** A process that is to run on these ports, or not to run, or that nobody knows any more. */
  const wish = (name: string, ports: readonly number[] | 'stopped' | 'unknown') => {
    const process = {
      ...{ ...PLAIN_PROCESS, name, argv: ['/bin/true'], up: ports !== 'stopped' },
      listens: Array.isArray(ports) ? ports.map((port) => ({ address: '10.0.0.1', port })) : [],
    };
    const version = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1' };
    const processes =
      ports === 'unknown' ? [] : [{ ...process, service: serviceFolder(process, pathsOf('/')) }];
    return wishOf({ version, node: 'n1', processes, broken: [], serving: [], purge: [] }, name);
  };
  const stopOf = (process: string): Step => ({ kind: 'stop', process, seconds: 5 });
  /** Whether the ports that it is to take are free, after what was done so far. */
  const isFree = async (name: string): Promise<boolean> => {
    let free = false;
    void keeper.freePorts(name, interrupt.signal).then(
      () => {
        free = true;
      },
      () => undefined,
    );
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return free;
  };

  it('are waited for until who leaves them is down, and not until it is done with all else', async () => {
    keeper.note(wish('early', [7100]));
    keeper.note(wish('early', 'unknown'));
    keeper.note(wish('late', [7100]));
    keeper.onPlan('early', [stopOf('early')]);
    assert.equal(await isFree('late'), false);
    keeper.onStep(stopOf('early'));
    assert.equal(await isFree('late'), true);
  });

  it('are those that it had before, where it was to have others and has not got them yet', async () => {
    keeper.note(wish('early', [7100]));
    keeper.note(wish('early', [7200]));
    keeper.note(wish('early', 'stopped'));
    keeper.note(wish('late', [7100]));
    assert.equal(await isFree('late'), false);
    keeper.onSettled('early');
    assert.equal(await isFree('late'), true, 'it is down, or cannot be brought down');
  });

  it('of one of which only the name is known are all, until it was looked at', async () => {
    keeper.note(wish('old', 'unknown'));
    keeper.note(wish('late', [7100]));
    keeper.note(wish('none', []));
    assert.deepEqual([await isFree('late'), await isFree('none')], [false, true]);
    keeper.onPlan('old', [stopOf('old')]);
    assert.equal(await isFree('late'), false);
    keeper.onPlan('old', []);
    assert.equal(await isFree('late'), true, 'it is down already');
  });

  it('are no business of others', async () => {
    keeper.note(wish('other', [7200]));
    keeper.note(wish('other', 'stopped'));
    keeper.note(wish('stays', [7100]));
    keeper.note(wish('late', [7100]));
    assert.equal(await isFree('late'), true, 'who stays is no reason to wait: it is refused');
  });

  it('are not waited for any more by one that is to do something else', async () => {
    keeper.note(wish('old', 'unknown'));
    keeper.note(wish('late', [7100]));
    const waiting = keeper.freePorts('late', interrupt.signal);
    interrupt.abort(new Error('something else'));
    await assert.rejects(waiting, /something else/);
  });
});
