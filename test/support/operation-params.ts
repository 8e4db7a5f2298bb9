import { createIdentity } from '../../src/bus/identity.ts';
import type { Json } from '../../src/domain/document/cluster.ts';

const KEY = createIdentity().key;

/** Parameters of every operation, of the right shape, about the node `T` where they are about one. */
export const OPERATION_PARAMS: Record<string, (T: string) => Json> = {
  'announcer.add': () => ({ name: 'new', key: KEY, hosts: ['new.example.com'] }),
  'announcer.list': () => ({}),
  'announcer.remove': () => ({ name: 'shop' }),
  'certificate.install': () => ({ domain: 'a.example.com', chain: '', key: '', update: false }),
  'certificate.list': () => ({}),
  'certificate.remove': () => ({ domain: 'a.example.com' }),
  'config.get': () => ({ component: null, key: null }),
  'config.set': () => ({ component: 'redis', key: 'port', act: 'set', value: 7000 }),
  history: (T) => ({ limit: 10, node: T, id: 'a' }),
  'node.confirm': (T) => ({ node: T, version: '0.1.0', catalogue: [] }),
  'node.detach': (T) => ({ node: T }),
  'node.displaced': () => ({ address: '10.0.0.99', machineId: '', instance: '' }),
  'node.drop-abandoned': () => ({}),
  'config.advance': (node) => ({ role: 'router', node, revision: 1, end: 'over' }),
  'node.info': (T) => ({ node: T }),
  'node.join': () => ({ ...JOIN }),
  'node.list': () => ({}),
  'node.migrate': (T) => ({ node: T, address: '10.0.0.99', force: true }),
  'node.remove': (T) => ({ nodes: [T], skipDetach: true, force: false }),
  'node.settle-former': (T) => ({ node: T }),
  'node.setup-load-balancer': (T) => ({ node: T, addresses: [], excludeSelf: true, force: true }),
  'process.list': (T) => ({ node: T }),
  'process.switch': (T) => ({ node: T, processes: ['redis'], to: 'stop', force: false }),
  progress: (T) => ({ nodes: [T], revision: 1, seen: 0, waitMs: 0 }),
  released: () => ({ process: 'router', revision: 1, waitMs: 0 }),
  'role.add': (T) => ({
    ...{ node: T, roles: ['memcached'], selection: 'named' },
    ...{ noStart: false, force: false },
  }),
  'role.remove': (T) => ({
    ...{ node: T, roles: ['redis'], selection: 'named' },
    ...{ purgeData: true, force: false },
  }),
  'role.switch': (T) => ({ node: T, roles: ['redis'], to: 'stop', force: false }),
  'route.add': () => ({
    ...{ route: 'a.example.com', backends: ['10.0.0.9:80'] },
    ...{ sticky: false, anyBackend: false, probe: '/up' },
  }),
  'route.list': () => ({}),
  'route.remove': () => ({ route: 'a.example.com', backends: [] }),
  'secret.show': (T) => ({ node: T, role: 'redis' }),
  'state.export': () => ({}),
  'state.import': () => ({
    cluster: { format: 1, id: 'c1', revision: 1 },
    secrets: {},
    force: true,
  }),
  'state.keep': (T) => ({ node: T, intervalSeconds: null, key: 'a2V5' }),
  'state.sealed': () => ({ known: null }),
  status: () => ({ all: true, live: false }),
  'token.create': () => ({ ...TOKEN }),
  'token.list': () => ({}),
  'token.revoke': () => ({ id: 'token001' }),
  view: () => ({ known: null, seen: VERSION, announced: [ANNOUNCED], announcedProof: '1.proof' }),
};

const VERSION = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h', proof: 'p' };
const ANNOUNCED = {
  ...{ announcer: 'shop', host: 'shop.example.com', path: '/' },
  ...{ backend: '10.0.0.9:80', sticky: false },
};
const TOKEN = {
  id: 'token002',
  secretHash: '0'.repeat(64),
  key: KEY,
  roles: null,
  admin: true,
  uses: 1,
  ttlSeconds: 60,
};
const JOIN = {
  proof: 'none',
  tokenId: 'token001',
  secret: 'secret',
  key: KEY,
  name: 'new',
  nameChosen: false,
  hostname: 'new',
  address: '10.0.0.9',
  machineId: '',
  version: '0.1.0',
  catalogue: ['base'],
  roles: [],
  noStart: false,
  force: true,
  trial: true,
};
