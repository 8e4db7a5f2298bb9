import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { ERROR_CODES } from '../../src/domain/base/error-codes.ts';
import { catalogue } from '../support/clusters.ts';
import { circles, deadExports } from '../support/source-graph.ts';
import { readSources, readText, type Source } from '../support/sources.ts';

const FILE_LINES_MAX = 250;
const LINE_LENGTH_MAX = 100;
const FOLDER_FILES_MAX = 18;

/** Each folder of src may import itself and those above it here, except its neighbours. */
const LAYERS = [
  ['domain'],
  ['catalog', 'bus', 'machine'],
  ['operations'],
  ['controller', 'agent'],
  ['cli'],
];

/** What a user of the bus is may be called as a role is. */
const KINDS_OF_USERS = /^src\/domain\/(access|views)\//;

const src = readSources('src/**/*.ts');
const tests = readSources('test/**/*.ts');
const scripts = readSources('scripts/**/*.ts');
const everything = [...src, ...tests, ...scripts];

/** Fails with every place that breaks a rule, as `file:line: what is wrong`. */
function nothing(found: string[]): void {
  assert.ok(found.length === 0, `\n${found.join('\n')}`);
}

/** Lines of these files that match, but for those in `except`. */
function linesWith(
  pattern: RegExp,
  files: Source[],
  rule: string,
  except: string[] = [],
): string[] {
  return files
    .filter((file) => !except.includes(file.folder))
    .flatMap((file) =>
      file.lines.flatMap((line, i) =>
        pattern.test(line) ? [`${file.path}:${i + 1}: ${rule}: ${line.trim()}`] : [],
      ),
    );
}

function importing(pattern: RegExp, files: Source[], rule: string): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter(({ from }) => pattern.test(from))
      .map(({ from }) => `${file.path}: ${rule}: ${from}`),
  );
}

const outside = (...folders: string[]) => src.filter((file) => !folders.includes(file.folder));
const inside = (folder: string) => src.filter((file) => file.folder === folder);

describe('the tree', () => {
  it('imports point down only, and neighbours do not see each other', () => {
    const layerOf = (folder: string) => LAYERS.findIndex((layer) => layer.includes(folder));
    const unknown = src.filter((file) => layerOf(file.folder) < 0);
    nothing(unknown.map((file) => `${file.path}: is in no folder of the design`));
    const upward = src.flatMap((file) =>
      file.imports
        .map(({ from }) => everything.find(({ path }) => path === from))
        .filter((other) => other !== undefined && other.folder !== file.folder)
        .filter((other) => layerOf(other!.folder) >= layerOf(file.folder))
        .map((other) => `${file.path}: ${file.folder} may not import ${other!.path}`),
    );
    nothing(upward);
  });

  it('has no folder that is a list to be searched', () => {
    const folders = Map.groupBy(src, ({ path }) => dirname(path));
    const large = [...folders].filter(([, files]) => files.length > FOLDER_FILES_MAX);
    nothing(large.map(([folder, files]) => `${folder}: ${files.length} files`));
  });

  it('src does not import tests', () => {
    nothing(importing(/^(test|scripts)\//, src, 'src may not import tests'));
  });

  it('files do not import each other in a circle', () => {
    nothing(circles(everything));
  });

  it('NATS is known to src/bus alone', () => {
    nothing(importing(/^(@nats-io\/|nats$)/, outside('bus'), 'only src/bus may import'));
  });

  it('other programs are run by src/machine alone', () => {
    const programs = /^(execa|(node:)?child_process)$/;
    nothing(importing(programs, outside('machine'), 'only src/machine may import'));
  });

  it('src/cli alone prints', () => {
    const printing = /\bconsole\.|process\.std(out|err)\b/;
    nothing(linesWith(printing, src, 'only src/cli may print', ['cli']));
  });
});

describe('src/cli', () => {
  it('prints in one place, which shows control characters as escapes', () => {
    const others = inside('cli').filter((file) => file.path !== 'src/cli/output.ts');
    nothing(linesWith(/\bconsole\.|\bstd(out|err)\.write\b/, others, 'only output.ts may print'));
  });
});

describe('src/controller', () => {
  it('has time and chance of its clock alone, so that a simulation can make them up', () => {
    const others = inside('controller').filter(({ path }) => path !== 'src/controller/clock.ts');
    const own =
      /Date\.now|new Date\(\)|performance\.|\bset(Timeout|Interval|Immediate)\(|Math\.random|random(UUID|Bytes)|timers\/promises/;
    nothing(linesWith(own, others, 'only clock.ts knows time and chance'));
  });
});

describe('src/domain', () => {
  const domain = inside('domain');

  it('knows roles by what their files say, and none by its name', () => {
    const names = [...catalogue.roles.keys()].join('|');
    const named = linesWith(new RegExp(`'(${names})'`), domain, 'names a role');
    nothing(named.filter((line) => !KINDS_OF_USERS.test(line)));
  });

  it('computes a hash and knows an IPv4 address when it sees one, and imports nothing else of Node', () => {
    const foreign = domain.flatMap((file) =>
      file.imports
        .filter(({ from }) => !from.startsWith('src/domain/') && from !== 'valibot')
        .filter(({ from, names }) => !isPure(from, names))
        .map(({ from, names }) => `${file.path}: not pure: ${names.join()} from ${from}`),
    );
    nothing(foreign);
  });

  it('has no clock, no chance, no timer and no environment', () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bprocess\.env\b/;
    nothing(linesWith(impure, domain, 'not pure'));
  });
});

const PURE = new Set([
  'node:crypto createHash',
  'node:crypto createHmac',
  'node:net isIP',
  'node:net isIPv4',
]);

function isPure(from: string, names: readonly string[]): boolean {
  return names.length > 0 && names.every((name) => PURE.has(`${from} ${name}`));
}

describe('what others send', () => {
  it('has a limit: shapes without one are made in src/domain/base/shapes.ts alone', () => {
    const takers = ['operations', 'controller', 'agent', 'domain'].flatMap(inside);
    const others = takers.filter((file) => file.path !== 'src/domain/base/shapes.ts');
    const endless = /\bv\.(string|number|array|record|any|unknown|safeParse|parse)\(/;
    nothing(linesWith(endless, others, 'without a limit'));
  });
});

describe('every file', () => {
  it(`has at most ${FILE_LINES_MAX} lines`, () => {
    const long = everything.filter((file) => file.lines.length - 1 > FILE_LINES_MAX);
    nothing(long.map((file) => `${file.path}: ${file.lines.length - 1} lines`));
  });

  it(`of src has lines of at most ${LINE_LENGTH_MAX} characters, unless a text cannot be broken`, () => {
    const long = src.flatMap((file) =>
      file.lines.flatMap((line, i) =>
        line.length > LINE_LENGTH_MAX && !isOneText(line)
          ? [`${file.path}:${i + 1}: ${line.length} characters`]
          : [],
      ),
    );
    nothing(long);
  });

  it('has no any', () => {
    nothing(linesWith(/\bas any\b|[:<|] ?any\b(?! of)/, everything.filter(notThis), 'no any'));
  });

  it('leaves nothing for later', () => {
    const later = /\b(TO[D]O|FIX[M]E|XX[X])\b/;
    nothing(linesWith(later, everything, 'do it, or write an issue'));
  });

  it('has only what Node can strip: no enum, no namespace', () => {
    const kept = /^\s*(export |declare |const )*(enum|namespace) \w/;
    nothing(linesWith(kept, everything, 'not erasable'));
  });

  it('exports by name, but for commands and the reporter', () => {
    const others = everything.filter((file) => !file.path.startsWith('src/cli/commands/'));
    nothing(linesWith(/^export default\b/, others, 'no default export'));
  });
});

describe('what is written', () => {
  it('is used: no export is dead', () => {
    nothing(deadExports(src, scripts, tests));
  });

  it('every error code can happen', () => {
    const text = src
      .filter((file) => file.path !== 'src/domain/base/error.ts')
      .map((file) => file.text)
      .join('\n');
    const unused = Object.keys(ERROR_CODES).filter((code) => !text.includes(`'${code}'`));
    nothing(unused.map((code) => `src/domain/base/error.ts: nothing fails with ${code}`));
  });

  it('the changelog has a version, or Unreleased, above each list', () => {
    const headings = readText('CHANGELOG.md').match(/^## .*$/gm) ?? [];
    const form = /^## (Unreleased|\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2})$/;
    assert.ok(headings.length > 0, 'CHANGELOG.md: has no version');
    nothing(headings.filter((line) => !form.test(line)).map((line) => `CHANGELOG.md: ${line}`));
  });
});

/** This file names what it forbids. */
function notThis(file: Source): boolean {
  return file.path !== 'test/unit/tidy.test.ts';
}

/** A line that is one string, comment or regular expression, which no formatter breaks. */
function isOneText(line: string): boolean {
  return /^\s*(\/\*\*|\*|\/\/|(\w+: )?['"`/]|throw |(const |export const )?\w+ =)/.test(line);
}
