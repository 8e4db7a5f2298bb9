import type { Check } from '../../src/domain/telling/check.ts';
import type { HistoryEntry } from '../../src/domain/telling/history.ts';
import type { NodeStatus, RoleState, Status } from '../../src/domain/telling/status.ts';
import type { ListedNode } from '../../src/operations/nodes.ts';
import { nodeStatus, statusWith } from './statuses.ts';

/** A cluster with a bit of everything that its status, history and checks can show. */
const ROLES: Record<string, Record<string, RoleState>> = {
  h1: { base: 'running', primary: 'running', controller: 'running', router: 'running' },
  'router-in-frankfurt-2': { base: 'failed', router: 'failed' },
  h3: { base: 'running', router: 'starting' },
  h4: { base: 'running', load_balancer: 'running' },
  h5: { base: 'running', memcached: 'stopped', postgresql: 'failed', redis: 'running' },
};

const NODES: NodeStatus[] = Object.entries(ROLES).map(([name, roles], i) =>
  nodeStatus(name, {
    self: i === 0,
    address: `10.78.2.${i + 1}`,
    state: i === 1 ? 'dead' : 'active',
    lastSeen: i === 1 ? 4000 : 0,
    roles: Object.entries(roles).map(([role, state]) => ({
      name: role,
      state,
      ...(state === 'stopped' ? { stoppedBy: 'h1' } : {}),
      processes: [],
    })),
  }),
);

export const SHOWN_STATUS: Status = statusWith({
  cluster: { id: 'c1', endpoint: 'api.example.com', core: '10.78.2.1', revision: 17 },
  warnings: [
    { code: 'NODE_DEAD', message: 'router-in-frankfurt-2 is dead, last seen 66 min ago' },
    {
      code: 'STEP_FAILED',
      message:
        'h5: postgresql does not start: its data folder belongs to another version than the one that is installed',
    },
  ],
  nodes: NODES,
  pools: [
    {
      name: 'routers',
      kind: 'routers',
      members: [1, 2, 3].map((i) => ({
        address: `10.78.2.${i}:80`,
        state: i === 2 ? 'out' : 'in',
      })),
    },
    {
      name: 'controllers',
      kind: 'controllers',
      members: [{ address: '10.78.2.1:9080', state: 'in' }],
    },
    {
      name: 'shop.example.com/with/a/long/path',
      kind: 'route',
      members: [1, 2, 3, 4].map((i) => ({ address: `10.78.2.5:800${i}`, state: 'in' })),
    },
  ],
  unassigned: [],
});

export const SHOWN_NODES: ListedNode[] = NODES.map((node) => ({
  ...node,
  admin: node.self,
  roles: node.roles.map(({ name }) => name),
}));

export const SHOWN_HISTORY: HistoryEntry[] = [
  {
    at: '2026-03-01T12:00:00.000Z',
    by: 'h1',
    operation: 'route.add',
    params: {
      route: 'shop.example.com/with/a/long/path',
      backends: [1, 2, 3, 4].map((i) => `10.78.2.5:800${i}`),
      sticky: false,
    },
    outcome: 'done',
    revision: 15,
  },
  {
    at: '2026-03-01T12:00:40.000Z',
    by: 'router-in-frankfurt-2',
    operation: 'role.add',
    params: { node: 'n-h3', roles: ['redis', 'memcached'], selection: 'named', noStart: false },
    outcome: 'ROLE_EXCLUDED',
    revision: null,
  },
];

export const SHOWN_CHECKS: Check[] = [
  { name: 'agent', level: 'ok', message: 'the agent of this node answers' },
  { name: 'nodes', level: 'critical', message: 'router-in-frankfurt-2 is dead' },
  {
    name: 'certificates',
    level: 'warning',
    message: 'the certificate for shop.example.com expires in 19 days',
  },
];
