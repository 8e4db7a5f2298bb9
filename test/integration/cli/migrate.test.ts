import assert from 'node:assert/strict';
import { refuse } from '../../../src/domain/base/error.ts';
import { type Machine, machine } from './kato.ts';

const [OLD, NEW] = ['10.0.0.2', '10.0.0.9'];
const WEB = { id: 'n2', name: 'web', address: NEW, roles: ['base'] };
const CORE = { id: 'n1', name: 'core', address: '10.0.0.1', roles: ['base', 'primary'] };

describe('kato node migrate', () => {
  let here: Machine;
  let isThere: boolean;
  let balancers: string[];
  let routes: string[];
  beforeEach(async () => {
    isThere = true;
    [balancers, routes] = [[], []];
    here = await machine({ agent: true });
    here.answers['node.list'] = () => [CORE, WEB];
    here.answers['node.migrate'] = (asked) => {
      const { node, address } = asked as { node: string; address: string };
      if (node === OLD) throw refuse('UNKNOWN_NODE', `there is no node '${OLD}'`);
      const said = { node: 'web', id: node, from: address, to: address, isThere };
      const result = { ...said, balancers, routes };
      return { result, revision: 8, touched: [], changed: !isThere };
    };
  });
  afterEach(() => here.end());

  it('repeated, is already so where the node says that it has the new address', async () => {
    const { exitCode, stdout } = await here.kato('node', 'migrate', OLD, NEW);
    assert.deepEqual([exitCode, stdout], [0, `already so: web is at ${NEW}\n`]);
  });

  it('lists what still leads to the old address, and who follows', async () => {
    isThere = false;
    [balancers, routes] = [['lb'], ['shop.org', 'shop.org/cart']];
    const { exitCode, stdout } = await here.kato('node', 'migrate', 'web', NEW);
    assert.equal(exitCode, 0);
    assert.deepEqual(stdout.trim().split('\n'), [
      `web is at ${NEW}`,
      `lb sends requests to it at ${NEW} from now on`,
      'the route shop.org still leads to the old address',
      'the route shop.org/cart still leads to the old address',
      '',
      'it goes on when its machine runs and has that address',
    ]);
  });

  it('repeated, is refused where nobody is there: the addresses may have been exchanged', async () => {
    isThere = false;
    const { exitCode, stderr } = await here.kato('node', 'migrate', OLD, NEW);
    assert.equal(exitCode, 3);
    assert.match(stderr, /there is no node '10\.0\.0\.2'/);
  });

  it('is refused with the address of the core, which was never migrated', async () => {
    const { exitCode } = await here.kato('node', 'migrate', OLD, CORE.address);
    assert.equal(exitCode, 3);
  });
});
