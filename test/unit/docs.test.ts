import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolesReferenceLines } from '../../src/cli/render/reference/roles.ts';
import { ERROR_CODES } from '../../src/domain/base/error-codes.ts';
import { CLUSTER_SETTINGS } from '../../src/domain/document/cluster-settings.ts';
import { catalogue } from '../support/clusters.ts';
import { closedList, readSources } from '../support/sources.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = globSync('{*.md,docs/**/*.md}', { cwd: ROOT }).sort();

/** Those words that a page does not have in backquotes. */
function unnamed(page: string, words: readonly string[]): string[] {
  const text = read(page);
  return words.filter((word) => !text.includes(`\`${word}\``));
}

describe('the documentation', () => {
  it('has a section for every command that people have, and for no other', () => {
    const files = globSync('src/cli/commands/**/*.ts', { cwd: ROOT });
    const shown = files.filter((file) => !/static override hidden = true/.test(read(file)));
    const commands = shown.map((file) =>
      ['kato', ...file.replace('src/cli/commands/', '').replace('.ts', '').split('/')].join(' '),
    );
    const sections = read('docs/reference/commands.md').matchAll(/^## (kato .*)$/gm);
    assert.deepEqual([...sections].map(([, name]) => name).sort(), commands.sort());
  });

  it('names every role, every setting and every secret', () => {
    const roles = [...catalogue.roles.values()];
    const text = read('docs/reference/roles.md');
    for (const { name, settings, secrets } of roles) {
      const section = text.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
      const words = [...Object.keys(settings), ...Object.keys(secrets)];
      assert.deepEqual(
        words.filter((word) => !section.includes(`\`${word}\``)),
        [],
        name,
      );
      assert.notEqual(section, '', `roles.md has no section ${name}`);
    }
    assert.deepEqual(unnamed('docs/reference/roles.md', Object.keys(CLUSTER_SETTINGS)), []);
    assert.deepEqual(unnamed('docs/reference/roles.md', [...catalogue.groups.keys()]), []);
  });

  it('tells roles as they are: node scripts/reference.ts', () => {
    const asTheyAre = `${rolesReferenceLines(catalogue).join('\n')}\n`;
    assert.equal(read('docs/reference/roles.md'), asTheyAre);
  });

  it('names every file of state that a node writes', () => {
    const lines = readSources('src/**/*.ts').flatMap((source) => source.lines);
    const written = lines.flatMap((line) => [...line.matchAll(/paths\.state\}\/([\w.-]+)/g)]);
    const files = new Set(['ledger.json', ...written.map(([, file]) => `${file}`)]);
    assert.ok(files.size > 5);
    const paths = [...files].map((file) => `/var/lib/kato/state/${file}`);
    assert.deepEqual(unnamed('docs/reference/files-and-ports.md', paths), []);
  });

  it('names every port that a role listens on', () => {
    const ports = [...catalogue.roles.values()].flatMap((role) => role.ports);
    const text = read('docs/reference/files-and-ports.md');
    const missing = ports.filter(({ port }) => !new RegExp(`^\\| .*\\b${port}\\b`, 'm').test(text));
    assert.deepEqual(missing, []);
  });

  it('names every warning of the status, and none that there is not', () => {
    const codes = closedList('src/domain/telling/status.ts', 'WarningCode');
    const rows = read('docs/reference/status.md').matchAll(/^\| `([A-Z_]+)` \|/gm);
    assert.deepEqual([...rows].map(([, code]) => code).sort(), codes.sort());
  });

  it('names every check', () => {
    const names = closedList('src/domain/telling/check.ts', 'CheckName');
    const rows = read('docs/reference/checks.md').matchAll(/^\| ([a-z]+) \|/gm);
    const found = [...rows].map(([, name]) => name!).filter((name) => name !== 'check');
    assert.deepEqual(found.sort(), names.sort());
  });

  it('names every error', () => {
    assert.deepEqual(unnamed('docs/reference/errors.md', Object.keys(ERROR_CODES)), []);
  });

  it('names every library that kato runs with', () => {
    const { dependencies } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
    };
    const text = read('THIRD-PARTY-NOTICES.md');
    const missing = Object.entries(dependencies).filter(
      ([name, version]) => !text.includes(`| ${name} | ${version} |`),
    );
    assert.deepEqual(missing, []);
  });

  it('speaks of commands and flags that exist', () => {
    const reference = read('docs/reference/commands.md');
    const commands = [...reference.matchAll(/^## kato (.*)$/gm)].map(([, name]) => name!);
    const wrong = pages.flatMap((page) =>
      commandLines(page).filter((line) => !isCommand(line, commands, reference)),
    );
    assert.deepEqual(wrong, []);
  });

  it('links to pages and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
        .filter(([, path, heading]) => !leads(page, path!, heading))
        .map(([link]) => `${page}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });
});

/** What a page tells people to type: lines of code blocks that begin with kato, by itself or after a prompt. */
function commandLines(page: string): string[] {
  const blocks = read(page).matchAll(/^```(?:sh|console)\n([\s\S]*?)^```/gm);
  return [...blocks]
    .flatMap(([, block]) => block!.split('\n'))
    .map((line) => /^(?:# |\$ |h\d\$ (?:\S+=\S+ )?)?(kato .*)$/.exec(line)?.[1])
    .filter((line) => line !== undefined);
}

/** Its words begin with those of a command, and its flags are that command's. */
function isCommand(line: string, commands: readonly string[], reference: string): boolean {
  const text = line.slice('kato '.length).replace(/ +[#|>&].*$/, '');
  if (/^(-|COMMAND\b)/.test(text)) return true;
  const name = commands
    .filter((command) => `${text} `.startsWith(`${command} `))
    .sort((a, b) => b.length - a.length)[0];
  if (name === undefined) return false;
  const section = reference.split(`\n## kato ${name}\n`)[1]!.split('\n## ')[0]!;
  const flags = text.match(/(?<= )--?[a-z][a-z-]*/g) ?? [];
  return flags.every(
    (flag) =>
      ['--json', '--help'].includes(flag) ||
      section.includes(flag.startsWith('--') ? flag.replace(/^--(no-)?/, '') : `\`${flag}, `),
  );
}

function leads(from: string, path: string, heading: string | undefined): boolean {
  const target = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, target))) return false;
  if (heading === undefined) return true;
  const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, text]) => anchorOf(text!));
  return headings.includes(heading);
}

/** As the places that show such pages make them. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
