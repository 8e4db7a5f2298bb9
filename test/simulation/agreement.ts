import assert from 'node:assert/strict';
import { NO_VERDICTS } from '../../src/domain/nodes/verdicts.ts';
import { poolsOf } from '../../src/domain/traffic/pools.ts';
import type { View } from '../../src/domain/views/view.ts';
import { viewFor } from '../../src/domain/views/view-for.ts';
import { catalogue, NOW } from '../support/clusters.ts';
import { KEYS, type SimulatedController } from './controller.ts';
import type { SimulatedNode } from './node.ts';
import type { Server } from './server.ts';

const COMMON = { controllerKeys: KEYS, catalogue, announced: [], at: NOW };

/** What is so once nothing has happened for long: all know the same, and it is what the bus holds. */
export function checkAgreement(
  server: Server,
  controllers: readonly SimulatedController[],
  nodes: readonly SimulatedNode[],
): void {
  const cluster = server.cluster.value;
  const ready = server.ready.value;
  const verdicts = {
    ...(server.verdicts.value ?? NO_VERDICTS),
    ...(ready === null ? {} : { ready }),
  };
  const { silent, outages, flaps = {} } = verdicts;
  assert.deepEqual(silent, {}, 'somebody is silent for ever');
  const isOut = Object.values(flaps).some(({ out }) => out);
  if (!isOut) assert.deepEqual(outages, {}, 'somebody is out for ever');
  const routers = poolsOf(cluster, catalogue, [], verdicts).find(({ kind }) => kind === 'routers')!;
  const wanted = Object.values(cluster.nodes).filter(({ roles }) => roles.router?.stopped === null);
  assert.equal(routers.members.length, wanted.length, 'somebody is ready, and in no pool');
  for (const { name, live, logged } of controllers) {
    assert.deepEqual(logged, [], `${name} has something to say`);
    assert.ok(live !== null, `${name} has not begun`);
    assert.deepEqual(live.document!.cluster, cluster);
    assert.deepEqual(live.verdicts, verdicts);
    assert.equal(live.older, null);
    assert.deepEqual([...live.reports.keys()].sort(), Object.keys(cluster.nodes).sort());
  }
  for (const { id, told } of nodes) {
    assert.equal(told.seen?.revision, cluster.revision, `${id} has not heard of the newest state`);
    const { version } = told.delivery!.view;
    const input = { cluster, version, verdicts, ...COMMON };
    assert.deepEqual(contentOf(told.delivery!.view), contentOf(viewFor(input, id)), id);
  }
}

function contentOf({ version: _version, announcedProof: _proof, ...content }: View) {
  return content;
}
