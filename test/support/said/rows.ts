import assert from 'node:assert/strict';
import { clusterOf, coreOn, refused, tokenFrom, typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { type Hint, hint, isHint } from './hint.ts';

/** A hint, the state in which it is printed, and what comes of following it. */
export interface Row {
  /** As the listing has it. */
  hint: string;
  /** The lines that lead to the state, on the first host or `h2: line`; `NAME=h2: line` keeps stdout. */
  given?: string | string[];
  /** What is refused, and prints the hint. */
  wrong?: string;
  /** What succeeds, and prints it as a line. */
  says?: string;
  /** What a person types who follows it: the commands of the hint itself where this is left out. */
  by?: (hint: Hint) => string | string[];
  /** What stands in the hint for what a person knows: `FILE`, `NODE`. */
  words?: Record<string, string>;
  /** What that shows on stdout; else what was refused is done now. */
  shows?: RegExp;
  /** What is done now in place of what was refused. */
  done?: string;
  undo?: string | string[];
}

interface World {
  /** By name: `h1`. Lines without a name are typed on the first. */
  hosts: readonly Host[];
  env: Record<string, string>;
}

/** A core with a node, another core, and a machine in no cluster: addresses by name, and tokens of both. */
export async function twoClusters(hosts: readonly Host[], env: World['env']): Promise<void> {
  const [core, second, , other] = hosts;
  for (const { name, address } of hosts) env[name.toUpperCase()] = address;
  await Promise.all([clusterOf(core!, [[second!, 'redis']]), coreOn(other!, 'api.example.org')]);
  env.TOKEN = await tokenFrom(core!, '--uses 100');
  env.FOREIGN = await tokenFrom(other!, '--uses 100');
}

/** Each row by what it follows; a second one of the same hint is told by its command. */
export function titleOf({ hint: listed, wrong, says }: Row): string {
  return `${listed.slice(listed.indexOf(': ') + 2)}  (${wrong ?? says})`;
}

/** Leads to the state, follows the hint that is printed there, and looks at what came of it. */
export async function follow(row: Row, world: World): Promise<void> {
  await typeAll(row.given, world);
  const first = placed(row.wrong ?? row.says ?? '', world);
  const printed = hint(await printedBy(row, first, world), row.hint);
  const lines = listOf(row.by?.(printed) ?? printed.commands);
  assert.ok(lines.length > 0, 'it names no command: the row has to say what follows it');
  const said = await typeAll(
    lines.map((line) => withWords(line, row.words ?? {})),
    world,
    first.host,
  );
  if (row.shows === undefined) await typeAll(row.done ?? row.wrong, world);
  else assert.match(said, row.shows);
  await typeAll(row.undo, world);
}

async function printedBy({ hint: listed, wrong }: Row, at: Placed, { env }: World) {
  if (wrong !== undefined) return (await refused(at.host, at.line, { env })).next;
  const said = await typed(at.host, at.line, { env });
  const lines = said.split('\n').map((line) => line.replace(/^note: /, ''));
  return lines.find((line) => isHint(line, listed)) ?? lines.join('\n');
}

async function typeAll(
  lines: string | readonly string[] | undefined,
  world: World,
  host?: Host,
): Promise<string> {
  let said = '';
  for (const text of listOf(lines ?? [])) {
    const [, variable, line = text] = /^([A-Z]+)=(h\d: .*)$/s.exec(text) ?? [];
    const at = placed(line, world);
    const stdout = await typed(at.isNamed ? at.host : (host ?? at.host), at.line, world);
    if (variable !== undefined) world.env[variable] = stdout.trim();
    said += stdout;
  }
  return said;
}

interface Placed {
  host: Host;
  line: string;
  isNamed: boolean;
}

function placed(text: string, { hosts }: World): Placed {
  const [, name, line] = /^(h\d): (.*)$/s.exec(text) ?? [];
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) return { host: hosts[0]!, line: text, isNamed: false };
  return { host, line: line!, isNamed: true };
}

function withWords(line: string, words: Record<string, string>): string {
  return line.replaceAll(
    /(?<![\w$])[A-Z_]{3,}\b(\.\.\.)?/g,
    (word) => words[word.replace('...', '')] ?? word,
  );
}

const listOf = (lines: string | readonly string[]): readonly string[] =>
  typeof lines === 'string' ? [lines] : lines;
