import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { own } from '../domain/base/own.ts';
import { TEMPLATE_NAMES } from '../domain/making/values.ts';
import type { Catalogue, RoleDefinition, Seen } from '../domain/roles/role.ts';
import { ROUTERS } from '../domain/traffic/proxies.ts';
import { noSuch } from './cross-check.ts';
import { HELPERS } from './renderer.ts';
import { templateNames } from './sources.ts';

/** What a template may name: by the first part of a name those that may follow, null for any. */
interface Known {
  [name: string]: readonly string[] | null;
}

/** Where a name of a template stands. */
interface Place {
  template: string;
  /** Names below those of the first part; another first part is a mistake, unless there may be more. */
  known: Known;
  hasMore: boolean;
  /** Inside a list it is a name of its items, which only the node knows. */
  isInItem: boolean;
  /** Templates that include it. */
  above: readonly string[];
}

type Parsed = ReadonlyMap<string, hbs.AST.Program>;

/**
 * Mistakes in the templates below the folder, each as `file: line: what is wrong`: what is no Handlebars,
 * and names that the roles have no values for. Without this they show only on a node.
 */
export async function templateMistakes(folder: string, catalogue: Catalogue): Promise<string[]> {
  const { default: handlebars } = await import('handlebars');
  const mistakes: string[] = [];
  const parsed = new Map<string, hbs.AST.Program>();
  for (const name of templateNames(folder)) {
    try {
      const text = readFileSync(join(folder, 'templates', name), 'utf8');
      parsed.set(name, handlebars.parse(text));
    } catch (error) {
      mistakes.push(`templates/${name}: ${explain(error as Error)}`);
    }
  }
  if (mistakes.length > 0) return mistakes;
  for (const role of catalogue.roles.values()) {
    for (const { name, files } of role.processes) {
      const known = knownTo(catalogue, role, name);
      for (const { template, each } of files) {
        const hasMore = each !== null || role.sees.some(isListed);
        const place = { template, known, hasMore, isInItem: false, above: [] };
        mistakes.push(...mistakesIn(parsed.get(template)!, place, parsed));
      }
    }
  }
  return [...new Set(mistakes)];
}

/** `line 3: ...`: Handlebars says it in two ways. */
function explain({ message }: Error): string {
  const line = /on line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+$/.exec(message)?.[1] ?? '1';
  // What a parser met is more help than the list of what it expected.
  const [what = '', text] = message.split('\n');
  if (text !== undefined) return `line ${line}: no Handlebars: ${text}`;
  return `line ${line}: ${what.replace(/ - \d+:\d+$/, '')}`;
}

/** What sees these has lists that are made for its templates. */
function isListed(seen: Seen): boolean {
  return seen === 'users' || seen === 'routes' || seen === `pools/${ROUTERS}`;
}

/** A process has the values of all its roles. */
function knownTo({ roles }: Catalogue, role: RoleDefinition, process: string): Known {
  const owners = [...roles.values()].filter(({ processes }) =>
    processes.some(({ name }) => name === process),
  );
  const programs = role.processes.find(({ name }) => name === process)!.programs;
  const pools = owners.flatMap(({ sees }) => sees.filter((seen) => seen.startsWith('pools/')));
  return {
    ...TEMPLATE_NAMES,
    settings: owners.flatMap(({ settings }) => Object.keys(settings)),
    secrets: owners.flatMap(({ secrets }) => Object.keys(secrets)),
    programs: Object.keys(programs),
    pools: pools.map((seen) => seen.slice('pools/'.length)),
  };
}

function mistakesIn({ body }: hbs.AST.Program, place: Place, parsed: Parsed): string[] {
  return body.flatMap((statement): string[] => {
    const { type, loc } = statement;
    const said = (text: string) => `templates/${place.template}: line ${loc.start.line}: ${text}`;
    if (type === 'PartialStatement') {
      const name = String((statement as { name?: { original?: unknown } }).name?.original);
      const partial = parsed.get(name);
      if (partial === undefined) return [said(`there is no templates/${name}`)];
      const above = [...place.above, place.template];
      if (place.isInItem || above.includes(name)) return [];
      return mistakesIn(partial, { ...place, template: name, above }, parsed);
    }
    if (type === 'MustacheStatement') {
      return faultsOf(statement as hbs.AST.MustacheStatement, place).map(said);
    }
    if (type !== 'BlockStatement') return [];
    const { program, inverse, ...block } = statement as hbs.AST.BlockStatement;
    const isSame = ['if', 'unless'].includes(block.path.original);
    const inside = isSame ? place : { ...place, isInItem: true };
    return [
      ...faultsOf(block, place).map(said),
      ...(program == null ? [] : mistakesIn(program, inside, parsed)),
      ...(inverse == null ? [] : mistakesIn(inverse, place, parsed)),
    ];
  });
}

type Call = Pick<hbs.AST.MustacheStatement, 'path' | 'params' | 'hash'>;

/** `{{x}}` is a value; `{{json x}}` and `{{#if x}}` give values to a helper. */
function faultsOf({ path, params, hash }: Call, place: Place): string[] {
  const values = [...params, ...(hash?.pairs ?? []).map(({ value }) => value)];
  const isCall = values.length > 0;
  const helper = String((path as hbs.AST.PathExpression).original);
  const unknown = isCall && !HELPERS.includes(helper) ? [noSuch('helper', helper, HELPERS)] : [];
  return [
    ...unknown,
    ...(isCall ? values : [path]).flatMap((value) => {
      if (value.type === 'SubExpression') return faultsOf(value as hbs.AST.SubExpression, place);
      return value.type === 'PathExpression'
        ? nameFaults(value as hbs.AST.PathExpression, place)
        : [];
    }),
  ];
}

function nameFaults({ data, depth, parts }: hbs.AST.PathExpression, place: Place): string[] {
  const isOfRoot = data && parts[0] === 'root';
  if ((data || place.isInItem || depth > 0) && !isOfRoot) return [];
  const [first, second] = isOfRoot ? parts.slice(1) : parts;
  if (first === undefined) return [];
  const below = own(place.known, first);
  if (below === undefined) {
    return place.hasMore ? [] : [noSuch('value', first, Object.keys(place.known))];
  }
  if (below === null || second === undefined || below.includes(second)) return [];
  const candidates = below.map((name) => `${first}.${name}`);
  return [noSuch('value', `${first}.${second}`, candidates)];
}
