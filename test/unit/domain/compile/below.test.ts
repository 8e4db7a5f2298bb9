import assert from 'node:assert/strict';
import { belowPatterns, type Place } from '../../../../src/domain/traffic/nginx/below.ts';

const place = (host: string, path: string): Place => ({
  host,
  path,
  target: `to_${host}${path}`,
  cookie: '',
});

describe('what a host has of the patterns above it', () => {
  it('is the nearest pattern, for paths that the host has no route for', () => {
    const below = belowPatterns([
      place('*.c', '/'),
      place('*.b.c', '/x'),
      place('a.b.c', '/own'),
      place('all.b.c', '/'),
      place('b.c', '/own'),
      place('elsewhere', '/own'),
    ]);
    assert.equal(below.get('a.b.c')?.host, '*.b.c');
    assert.equal(below.get('*.b.c')?.host, '*.c');
    assert.equal(below.get('b.c')?.host, '*.c');
    for (const host of ['*.c', 'all.b.c', 'elsewhere']) assert.equal(below.get(host), undefined);
  });

  it('goes on to the pattern above that one', () => {
    const below = belowPatterns([place('*.c', '/'), place('*.b.c', '/x'), place('a.b.c', '/own')]);
    const rest = below.get('a.b.c')!;
    assert.equal(rest.target, `$below_${below.get('*.b.c')!.index}`);
    assert.deepEqual(
      rest.places.map(({ path }) => path),
      ['/x'],
    );
  });

  it('is written once for each pattern, however many hosts are below it', () => {
    const hosts = Array.from({ length: 500 }, (_, index) => place(`h${index}.c`, '/own'));
    const paths = Array.from({ length: 500 }, (_, index) => place('*.c', `/p${index}`));
    const below = new Set(belowPatterns([...hosts, ...paths]).values());
    assert.equal(below.size, 1);
  });
});
