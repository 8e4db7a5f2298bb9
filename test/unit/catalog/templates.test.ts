import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../../src/catalog/load.ts';
import { EXAMPLE } from '../../../src/catalog/sources.ts';
import { templateMistakes } from '../../../src/catalog/templates.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { processesOf } from '../../../src/domain/making/processes.ts';
import { templateValues } from '../../../src/domain/making/template-values.ts';
import { TEMPLATE_NAMES } from '../../../src/domain/making/values.ts';
import { catalogue } from '../../support/clusters.ts';
import { testView } from '../../support/views.ts';

const HOME = join(import.meta.dirname, '../../..');

describe('the templates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kato-templates-'));
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, 'templates/echo', name), text);
  before(() => {
    for (const part of ['roles', 'templates']) {
      cpSync(join(HOME, part), join(folder, part), { recursive: true });
    }
    cpSync(join(HOME, 'roles', EXAMPLE), join(folder, 'roles/echo.yml'));
    mkdirSync(join(folder, 'templates/echo'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Of a template of the role of roles/EXAMPLE.yml. */
  async function mistakes(text: string): Promise<string[]> {
    write('echo.conf', text);
    const found = await templateMistakes(folder, loadCatalogue(folder));
    return found.map((mistake) => mistake.replace('templates/echo/', ''));
  }

  it('that come with kato are without a mistake', async () => {
    assert.deepEqual(await templateMistakes(HOME, catalogue), []);
  });

  it('may name all that a process has, and nothing more is said to be there', () => {
    const view = testView(['redis']);
    const [process] = processesOf(catalogue, view.node);
    const paths = pathsOf('/');
    const common = { secrets: {}, render: () => '', bootId: 'b', programs: {}, kato: 'kato' };
    const values = templateValues({ view, catalogue, paths, ...common }, process!);
    assert.deepEqual(Object.keys(TEMPLATE_NAMES).sort(), Object.keys(values).sort());
    for (const name of ['cluster', 'node'] as const) {
      assert.deepEqual(TEMPLATE_NAMES[name], Object.keys(values[name]));
    }
  });

  it('are refused with their line where they are no Handlebars', async () => {
    assert.deepEqual(await mistakes('a\n{{#if address}}\n{{/each}}'), [
      "echo.conf: line 2: if doesn't match each",
    ]);
    assert.deepEqual(await mistakes('a\n{{address\n'), [
      'echo.conf: line 2: no Handlebars: a{{address',
    ]);
  });

  it('are refused where they name what the role has not', async () => {
    const wrong = {
      '{{secrets.pasword}}':
        "there is no value 'secrets.pasword', did you mean 'secrets.password'?",
      '{{settings.prot}}': "there is no value 'settings.prot', did you mean 'settings.port'?",
      '{{#if adress}}{{/if}}': "there is no value 'adress', did you mean 'address'?",
      '{{#unless local}}{{cluster.name}}{{/unless}}': "there is no value 'cluster.name'",
      '{{#each peers}}{{name}}{{else}}{{pools.redis}}{{/each}}': "there is no value 'pools.redis'",
      '{{#each peers}}{{@root.programs.ping}}{{/each}}': "there is no value 'programs.ping'",
      '{{upper address}}': "there is no helper 'upper'",
      '{{> echo/none}}': 'there is no templates/echo/none',
    };
    for (const [text, said] of Object.entries(wrong)) {
      assert.deepEqual(await mistakes(`fine\n${text}\n`), [`echo.conf: line 2: ${said}`]);
    }
  });

  it('are refused for the part that they include', async () => {
    write('part', '{{settings.port}}\n{{settings.prot}}');
    assert.deepEqual(await mistakes('{{> echo/part}}{{> echo/part}}'), [
      "part: line 2: there is no value 'settings.prot', did you mean 'settings.port'?",
    ]);
    write('part', '{{#if data}}{{> echo/part}}{{/if}}');
    assert.deepEqual(await mistakes('{{> echo/part}}'), []);
  });

  it('may name what role files name, what they alone have, and the items of lists', async () => {
    const text = `{{config}} {{data}} {{run}} {{kato}} {{cluster.core}} {{settings.port}} {{json node}}
      {{secrets.password}} {{secrets.cookie}} {{programs.echo}} {{bytes settings.port}}
      {{#each peers}}{{id}} {{name}} {{address}} {{@index}} {{@root.settings.mode}}{{/each}}
      {{#each addresses}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}`;
    assert.deepEqual(await mistakes(text), []);
  });
});
