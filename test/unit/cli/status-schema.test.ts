import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import type {
  NodeState,
  RoleState,
  Status,
  WarningCode,
} from '../../../src/domain/telling/status.ts';
import { statusOf } from '../../../src/domain/telling/status-of.ts';
import { poolsOf } from '../../../src/domain/traffic/pools.ts';
import { catalogue, clusterWith, NOW } from '../../support/clusters.ts';
import {
  assertFitsStatusSchema as assertFits,
  fitsStatusSchema,
  statusSchema,
} from '../../support/status-schema.ts';

const REFERENCE = join(import.meta.dirname, '../../../docs/reference');

/** Every field that a status can have. */
const FULL: Status = {
  format: 1,
  cluster: { id: 'c1', endpoint: 'api.example.com', core: '10.0.0.1', revision: 3 },
  warnings: [{ code: 'NODE_DEAD', message: 'web is dead', node: 'web' }],
  nodes: [
    {
      id: 'n1',
      name: 'web',
      address: '10.0.0.2',
      state: 'dead',
      lastSeen: 12.5,
      self: false,
      version: '0.1.0',
      appliedRevision: 2,
      error: { step: 'start redis', code: 'ROLE_FAILED', message: 'no', why: 'w', next: 'n' },
      zone: 'default',
      roles: [
        {
          name: 'redis',
          state: 'stopped',
          stoppedBy: 'core',
          processes: [{ name: 'redis', state: 'STOPPED', pid: null, since: NOW, held: true }],
        },
      ],
    },
  ],
  pools: [{ name: 'routers', kind: 'routers', members: [{ address: '10.0.0.1:80', state: 'in' }] }],
  unassigned: ['memcached'],
};

describe('the schema of the status', () => {
  it('fits a status with every field', () => assertFits(FULL));

  it('fits the status of a cluster that has only just begun', () => {
    const cluster = clusterWith({ web: ['router', 'redis'] });
    const status = statusOf({
      cluster,
      catalogue,
      verdicts: NO_VERDICTS,
      pools: poolsOf(cluster, catalogue, [], NO_VERDICTS),
      reports: new Map(),
      contentOf: () => '',
      lastSeen: new Map(),
      displaced: new Map(),
      voicesOf: () => ({ heard: [], sideBySide: false }),
      self: 'core',
      all: true,
      older: null,
      nowMs: Date.parse(NOW),
    });
    assertFits(JSON.parse(JSON.stringify(status)));
  });

  it('refuses a state and a field that nobody told of', () => {
    const [node] = FULL.nodes;
    assert.equal(fitsStatusSchema({ ...FULL, nodes: [{ ...node, state: 'asleep' }] }), false);
    assert.equal(fitsStatusSchema({ ...FULL, more: 1 }), false);
  });

  it('lists the codes and states that the code has, and docs tell every code', () => {
    const codes: Record<WarningCode, true> = {
      BUS_AWAY: true,
      CONTROLLER_AWAY: true,
      STATE_OLDER: true,
      NODE_DEAD: true,
      NODE_INACTIVE: true,
      STEP_FAILED: true,
      DATA_MISSING: true,
      PROCESS_FATAL: true,
      PROCESS_ROGUE: true,
      ROLE_STOPPED: true,
      ROLE_UNKNOWN: true,
      SETTING_UNDER_WAY: true,
      SETTING_STOPPED: true,
      POOL_EMPTY: true,
      POOL_BRAKE: true,
      BACKEND_AWAY: true,
      NODE_FLAPS: true,
      BACKEND_LOOP: true,
      CERTIFICATE_EXPIRES: true,
      EXPORT_LATE: true,
      LOG_LOST: true,
      STATE_LARGE: true,
      NODE_REFUSED: true,
      NODE_REPLACED: true,
      NODE_MOVED: true,
      NODE_CLONED: true,
    };
    const nodeStates: Record<NodeState, true> = {
      active: true,
      inactive: true,
      dead: true,
      joining: true,
      left: true,
    };
    const roleStates: Record<RoleState, true> = {
      running: true,
      starting: true,
      stopped: true,
      failed: true,
      unknown: true,
    };
    const { warning, node, role } = statusSchema.definitions;
    assert.deepEqual(warning.properties.code.enum, Object.keys(codes));
    assert.deepEqual(node.properties.state.enum, Object.keys(nodeStates));
    assert.deepEqual(role.properties.state.enum, Object.keys(roleStates));
    const told = readFileSync(join(REFERENCE, 'status.md'), 'utf8');
    for (const code of Object.keys(codes)) assert.ok(told.includes(`\`${code}\``), code);
  });
});
