import assert from 'node:assert/strict';
import {
  sharingZone,
  upstream,
  upstreamOfOne,
} from '../../../../src/domain/traffic/nginx/upstreams.ts';
import { testPool } from '../../../support/views.ts';

describe('the memory that the workers of an nginx share', () => {
  const backends = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `10.0.${Math.floor(i / 250)}.${i % 250}:80`);
  const pool = (name: string, count: number) => testPool(name, 'route', backends(count));

  it('is one piece for all routes, a few MB for 5,000 of them', () => {
    const upstreams = Array.from({ length: 5000 }, (_, i) => upstream(pool(`r${i}`, 2)));
    const { zoneKb } = sharingZone(upstreams);
    // Each has its two backends: nginx takes 8,584 kB.
    assert.ok(zoneKb > 8_584 && zoneKb < 16_000, `${zoneKb} kB`);
  });

  it('grows with the backends, also where others stand in for one', () => {
    assert.equal(sharingZone([]).zoneKb, 64);
    assert.equal(sharingZone([upstream(pool('one', 1))]).zoneKb, 66);
    const three = pool('three', 3);
    assert.equal(sharingZone([upstream(three)]).zoneKb, 68);
    const sticky = backends(3).map((address) => upstreamOfOne(`three_${address}`, three, address));
    assert.equal(sharingZone(sticky).zoneKb, 75);
  });
});
