import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const HOME = join(import.meta.dirname, '../..');

/** A file of the checkout, with what a rule may ask of it. */
export interface Source {
  /** From the top of the checkout: `src/domain/making/plan.ts`. */
  path: string;
  /** Below src: `domain`; for others the first folder. */
  folder: string;
  text: string;
  lines: string[];
  imports: Import[];
  exports: Export[];
}

export interface Import {
  /** As written, or the path from the top for a file of the checkout. */
  from: string;
  /** Imported names as the other file calls them; `*` for all of them. */
  names: string[];
  /** Erased before it runs. */
  isType: boolean;
}

export interface Export {
  name: string;
  isType: boolean;
}

export function readSources(...patterns: string[]): Source[] {
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: HOME }).sort().map(readSource));
}

export function readText(path: string): string {
  return readFileSync(join(HOME, path), 'utf8');
}

/** The texts of a union type that is a closed list. */
export function closedList(file: string, type: string): string[] {
  const [, list = ''] = new RegExp(`type ${type} =([^;]+);`).exec(readText(file)) ?? [];
  return [...list.matchAll(/'([^']+)'/g)].map(([, text]) => text!);
}

function readSource(path: string): Source {
  const text = readText(path);
  const [top = '', below = ''] = path.split('/');
  return {
    path,
    folder: top === 'src' ? below : top,
    text,
    lines: text.split('\n'),
    imports: importsOf(path, text),
    exports: exportsOf(text),
  };
}

/** `import x, { y as z, type T } from 'm'`, `import * as n from 'm'`, `import 'm'`, `export { y } from 'm'`. */
const STATIC = /^(?:import|export)\s(?:([^;'"]*?)\sfrom\s)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

function importsOf(path: string, text: string): Import[] {
  const resolve = (from: string): string =>
    from.startsWith('.') ? normalize(join(dirname(path), from)) : from;
  return [
    ...[...text.matchAll(STATIC)].map(([, clause = '', from = '']) => ({
      from: resolve(from),
      names: namesIn(clause),
      isType: clause.startsWith('type '),
    })),
    ...[...text.matchAll(DYNAMIC)].map(([, from = '']) => ({
      from: resolve(from),
      names: ['*'],
      isType: false,
    })),
  ];
}

function namesIn(clause: string): string[] {
  if (clause.includes('*')) return ['*'];
  const braced = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  const before = clause.replace(/\{[^}]*\}/, '').replace(/^type\b/, '');
  const named = braced.split(',').map((one) =>
    one
      .replace(/\btype\s/, '')
      .split(' as ')[0]!
      .trim(),
  );
  const byDefault = before.replaceAll(',', '').trim() === '' ? [] : ['default'];
  return [...byDefault, ...named.filter((name) => name !== '')];
}

const DECLARED =
  /^export (?:declare )?(?:async )?(?:abstract )?(function\*?|const|let|class|interface|type) (\w+)/gm;
const LISTED = /^export (type )?\{([^}]*)\}/gm;

function exportsOf(text: string): Export[] {
  return [
    ...[...text.matchAll(DECLARED)].map(([, kind = '', name = '']) => ({
      name,
      isType: kind === 'interface' || kind === 'type',
    })),
    ...[...text.matchAll(LISTED)].flatMap(([, type, list = '']) =>
      list
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
        .map((one) => ({
          name: one
            .replace(/^type /, '')
            .split(' as ')
            .at(-1)!,
          isType: type !== undefined || one.startsWith('type '),
        })),
    ),
  ];
}
