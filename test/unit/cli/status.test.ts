import assert from 'node:assert/strict';
import { statusLines } from '../../../src/cli/render/status.ts';
import { PLAIN } from '../../../src/cli/render/text/style.ts';
import type { NodeStatus, RoleState, Status } from '../../../src/domain/telling/status.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';

function node(name: string, roles: Record<string, RoleState>, changes: Partial<NodeStatus> = {}) {
  const all = Object.entries(roles).map(([role, state]) => ({ name: role, state, processes: [] }));
  return nodeStatus(name, { roles: all, ...changes });
}

function lines(changes: Partial<Status>): string[] {
  return statusLines(statusWith(changes), PLAIN, 100);
}

describe('the status as text', () => {
  it('marks the own node and shows what is not as it should be', () => {
    const nodes = [
      node('core', { base: 'running', primary: 'running' }, { self: true }),
      node('web', { base: 'running', redis: 'starting' }, { address: '10.0.0.12', lastSeen: 190 }),
    ];
    assert.deepEqual(lines({ nodes }), [
      'cluster api.example.com, core 10.0.0.1, revision 7',
      '  NAME  ADDRESS    STATE   SEEN   ROLES',
      '* core  10.0.0.1   active  1 s    base primary',
      '  web   10.0.0.12  active  3 min  base redis(starting)',
    ]);
  });

  it('says what is wrong before anything else', () => {
    const warnings = [{ code: 'NODE_DEAD' as const, message: 'web is dead, last seen 20 s ago' }];
    assert.deepEqual(lines({ warnings }).slice(0, 2), ['! web is dead, last seen 20 s ago', '']);
  });

  it('tells the end of a certificate in the zone of who reads', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'Pacific/Auckland';
    try {
      const message = 'the certificate for shop.org expires on 2026-07-01T23:59:59.000Z';
      const [line] = lines({ warnings: [{ code: 'CERTIFICATE_EXPIRES', message }] });
      assert.equal(line, '! the certificate for shop.org expires on 2026-07-02 11:59:59');
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('colours each line of a warning as one text', () => {
    const painted: unknown[][] = [];
    const yellow = (...given: unknown[]) => `<${painted.push(given) && given[0]}>`;
    const warnings = [{ code: 'NODE_DEAD' as const, message: 'word '.repeat(30).trim() }];
    const shown = statusLines(statusWith({ warnings }), { ...PLAIN, yellow }, 100);
    assert.match(shown[0]!, /^<! word .*>$/);
    assert.match(shown[1]!, /^< {2}word .*>$/);
    assert.ok(painted.every((given) => given.length === 1));
  });

  it('tells a stopped role by who stopped it, and a held process from a failed one', () => {
    const web = node('web', { a: 'stopped', b: 'stopped', c: 'failed' });
    web.roles[0] = { ...web.roles[0]!, stoppedBy: 'core' } as never;
    const held = { name: 'b', state: 'STOPPED', pid: null, since: null, held: true };
    web.roles[1] = { ...web.roles[1]!, processes: [held] } as never;
    assert.match(lines({ nodes: [web] }).at(-1)!, /a\(stopped by core\) b\(held\) c\(failed\)$/);
  });

  it('does not repeat for each role that a node is dead', () => {
    const nodes = [node('web', { base: 'failed' }, { state: 'dead', lastSeen: null })];
    assert.match(lines({ nodes }).at(-1)!, /dead +- +base$/);
  });

  it('shows each pool in a line, with the members that are out', () => {
    const pools: Status['pools'] = [
      { name: 'routers', kind: 'routers', members: [] },
      {
        name: 'shop.example.com',
        kind: 'route',
        members: [
          { address: '10.0.0.7:80', state: 'in' },
          { address: '10.0.0.8:80', state: 'out' },
        ],
      },
    ];
    assert.deepEqual(lines({ pools }).slice(-2), [
      '  routers           pool   no member',
      '  shop.example.com  route  10.0.0.7:80 10.0.0.8:80(out)',
    ]);
  });

  it('stays within 100 columns however many roles, members and words there are', () => {
    const roles = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`data-service-${i}`, 'starting' as const]),
    );
    const members = Array.from({ length: 40 }, (_, i) => ({
      address: `10.10.10.${100 + i}:8080`,
      state: 'in' as const,
    }));
    const wide = lines({
      warnings: [{ code: 'STEP_FAILED', message: 'word '.repeat(60).trim() }],
      nodes: [node('a-node-with-a-long-name', roles, { address: '192.168.100.100' })],
      pools: [{ name: 'some-application.example.com/with/path', kind: 'route', members }],
      unassigned: Object.keys(roles),
    });
    const widest = Math.max(...wide.map((line) => line.length));
    assert.ok(widest <= 100, `${widest} columns`);
  });

  it('keeps the columns where colours are on', () => {
    const mark = (text: string): string => `<${text}>`;
    const style = { ...PLAIN, bold: mark, dim: mark, red: mark, yellow: mark, green: mark };
    const status = { nodes: [node('web', { base: 'running' })] };
    const plain = lines(status);
    const painted = statusLines(statusWith(status), style, 100);
    assert.deepEqual(
      painted.map((line) => line.replaceAll(/[<>]/g, '')),
      plain,
    );
    assert.match(painted.at(-1)!, /<active>/);
  });
});
