import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderer } from '../../../src/catalog/renderer.ts';

describe('the renderer', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kato-templates-'));
    mkdirSync(join(folder, 'templates/x'), { recursive: true });
    const write = (name: string, text: string) =>
      writeFileSync(join(folder, 'templates/x', name), text);
    write('plain', 'a={{a}} {{> x/part}} {{json list}}\n');
    write('part', '[{{settings.port}}]');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('fills in without escaping, with parts and JSON', async () => {
    const render = await renderer(folder);
    const text = render('x/plain', { a: '<&">', settings: { port: 1 }, list: ['x'] });
    assert.equal(text, 'a=<&"> [1] ["x"]\n');
  });

  it('names the template and the value that is missing', async () => {
    const render = await renderer(folder);
    assert.throws(() => render('x/plain', { a: 1, settings: {}, list: [] }), {
      code: 'ROLE_FILE',
      message: "templates/x/plain: the view has no 'port'",
    });
    assert.throws(() => render('x/none', {}), { message: 'there is no templates/x/none' });
  });
});
