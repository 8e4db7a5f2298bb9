import assert from 'node:assert/strict';
import type { Bus } from '../../../src/bus/bus.ts';
import { createIdentity } from '../../../src/bus/identity.ts';
import { all, nodeAsk, op } from '../../../src/bus/subjects.ts';
import { startNatsWithController, type TestNats } from '../../support/nats.ts';

const SOON = { timeoutMs: 5000 };
/** Packed it is no more than a node may say. */
const LONG = 'a'.repeat(20_000_000);

describe('an answer on the bus', () => {
  let nats: TestNats;
  let controller: Bus;
  let node: Bus;

  before(async () => {
    const own = createIdentity();
    const started = await startNatsWithController([{ kind: 'node', id: 'n1', key: own.key }]);
    nats = started.nats;
    controller = started.controller;
    node = await nats.connect('n1', own);
    node.respond(all.asksOf('n1'), async () => LONG);
    controller.respond(all.ops, async () => LONG);
    await Promise.all([node.rtt(), controller.rtt()]);
  });
  after(() => nats.stop());

  it('of a node is not unpacked beyond what a node may say', async () => {
    const asked = controller.request(nodeAsk('n1', 'status'), null, SOON);
    await assert.rejects(asked, { code: 'FAILED', why: /larger than 1024 kB/ });
  });

  it('of a controller is as long as that says it', async () => {
    assert.equal(await node.request(op('n1', 'status'), null, SOON), LONG);
  });
});
