import assert from 'node:assert/strict';
import { announcerListLines, routeListLines } from '../../../src/cli/render/routes.ts';

describe('a list for a person', () => {
  it('tells who announces what, and why some of it does not come', () => {
    const shop = { name: 'shop', key: 'U', hosts: ['shop.org', '*.shop.org'], accepted: 12 };
    const refused = [{ reason: 'host' as const, count: 40, example: 'evil.org', age: 3 }];
    assert.deepEqual(announcerListLines([{ ...shop, refused }], 100), [
      'NAME  ROUTES  HOSTS',
      'shop  12      shop.org *.shop.org',
      '',
      'REFUSED  TIMES  LAST     WHY',
      'shop     40     3 s ago  a host name that it may not announce: evil.org',
    ]);
    assert.equal(announcerListLines([{ ...shop, refused: [] }], 100).length, 2);
    const { accepted: _accepted, ...old } = shop;
    const byOldController = [old] as unknown as Parameters<typeof announcerListLines>[0];
    assert.equal(announcerListLines(byOldController, 100)[1], 'shop  -       shop.org *.shop.org');
  });

  it('tells routes, and which of their backends are left out', () => {
    const [web, db] = ['10.0.0.2:80', '10.0.0.3:80'];
    const shop = { route: 'shop.org', backends: [web!, db!], sticky: true, announced: false };
    assert.deepEqual(routeListLines([{ ...shop, leftOut: [db!] }], 100), [
      'ROUTE     KIND            BACKENDS',
      'shop.org  static, sticky  10.0.0.2:80 10.0.0.3:80(left out)',
    ]);
  });
});
