import type { CallExpression, Node, TemplateExpression } from 'typescript/unstable/ast';
import {
  isArrayLiteralExpression,
  isArrowFunction,
  isCallExpression,
  isImportDeclaration,
  isNoSubstitutionTemplateLiteral,
  isObjectLiteralExpression,
  isPropertyAssignment,
  isPropertyDeclaration,
  isStringLiteral,
  isTemplateExpression,
  isTypeNode,
} from 'typescript/unstable/ast/is';
import { closedList, readText } from '../sources.ts';
import {
  ancestors,
  everyNode,
  lastName,
  type Program,
  pathOf,
  propertyAt,
  withProgram,
} from './program.ts';
import { type Text, textsOf } from './texts.ts';
import { logsAt, notesAt } from './told.ts';
import { hasWords, namesCommand, partsOf } from './words.ts';

/**
 * - `hint`: what to do next, the `next` of an error
 * - `warning`: of the status; `check`: of `kato check`
 * - `note`: on stderr, on the way or at the end
 * - `log`: in the log of an agent or a controller
 * - `said`: what a command prints of what it did or found
 * - `phase`: a step that is shown while it is done
 */
export type Kind = 'hint' | 'warning' | 'check' | 'note' | 'log' | 'said' | 'phase';

/** One sentence that kato can print. */
export interface Said {
  kind: Kind;
  /** The file that has its words, below `src`: `cli/session/follow.ts`. */
  file: string;
  /** Values stand as `${...}`. */
  text: string;
}

/** Shells read those, or the pages of the reference are made of them. */
const NOT_PRINTED = /^src\/cli\/(completion\/|render\/(roles-)?reference|oclif)/;
/** What an object of these types says as `message`. */
const MESSAGES: [RegExp, Kind][] = [
  [/^(Omit<)?Warning\b/, 'warning'],
  [/^Check\b/, 'check'],
];
const WARNING_CODES = closedList('src/domain/telling/status.ts', 'WarningCode');

interface Listing {
  /** Every sentence, in the order of its file. */
  said: Said[];
  /** Hints whose words cannot be found, as `file: expression`. */
  untraced: string[];
  /** Texts that name a command, and that the listing has nowhere, as `file: text`. */
  missed: string[];
}

export function listing(): Listing {
  const { found, untraced, commands } = withProgram((program) => {
    const nodes = program.files.flatMap(([, file]) => everyNode(file));
    const ofErrors = new Set(nodes.flatMap((node) => errorWords(node, program)));
    const notes = nodes.flatMap((node) => notesAt(node, program));
    const known = new Set([...ofErrors, ...notes.map(({ node }) => node)]);
    return {
      found: nodes
        .flatMap((node) => [
          ...hintsAt(node, program),
          ...messagesAt(node, program),
          ...logsAt(node, program).map((one) => saidOf('log', one)),
          ...saidAt(node, known),
          ...phaseAt(node, program),
        ])
        .concat(notes.filter(({ node }) => !ofErrors.has(node)).map((one) => saidOf('note', one))),
      untraced: nodes.flatMap((node) => untracedAt(node, program)),
      commands: nodes.flatMap((node) => commandIn(node, ofErrors)),
    };
  });
  const lines = new Map([...found, ...ofLauncher()].map((said) => [lineOf(said), said]));
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    said: sorted.map(([, said]) => said).sort((a, b) => compare(a.file, b.file)),
    untraced: [...new Set(untraced)].sort(),
    missed: commands
      .filter(
        ({ text }) => !found.some((one) => partsOf(text).every((part) => one.text.includes(part))),
      )
      .map(({ file, text }) => `${file}: ${text}`),
  };
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** `hint cli/session/follow.ts: kato status shows how far it is`. */
export function lineOf({ kind, file, text }: Said): string {
  return `${kind.padEnd(7)} ${file}: ${text.replaceAll('\n', '\\n')}`;
}

function of(kind: Kind, at: Node, program: Program): Said[] {
  return textsOf(at, program).map((text) => saidOf(kind, text));
}

function saidOf(kind: Kind, { node, text }: Text): Said {
  return { kind, file: shortPath(node), text };
}

const shortPath = (node: Node): string => pathOf(node).replace(/^src\//, '');

function hintsAt(node: Node, program: Program): Said[] {
  const hint = hintAt(node);
  return hint === undefined ? [] : of('hint', hint, program);
}

/** `refuse(code, message, why, HINT)`, and `next: HINT`. */
function hintAt(node: Node): Node | undefined {
  return isRefusal(node) ? node.arguments[3] : propertyAt(node, 'next');
}

function untracedAt(node: Node, program: Program): string[] {
  const hint = hintAt(node);
  if (hint === undefined || isArrowFunction(hint) || hint.getText() === 'null') return [];
  if (textsOf(hint, program).length > 0) return [];
  return [`${shortPath(hint)}: ${hint.getText().replaceAll(/\s+/g, ' ')}`];
}

/** The words of errors: they are no sentences of their own. */
function errorWords(node: Node, program: Program): Node[] {
  const given = isRefusal(node) ? node.arguments.slice(1) : [];
  const values = ['message', 'why', 'next'].flatMap((name) => propertyAt(node, name) ?? []);
  return [...given, ...values].flatMap((one) => textsOf(one, program).map((text) => text.node));
}

function isRefusal(node: Node): node is CallExpression {
  return isCallExpression(node) && lastName(node.expression) === 'refuse';
}

function messagesAt(node: Node, program: Program): Said[] {
  const value = propertyAt(node, 'message');
  if (value === undefined || !isObjectLiteralExpression(node.parent)) return [];
  const code = node.parent.properties.flatMap((one) => propertyAt(one, 'code') ?? [])[0];
  const isWarning = WARNING_CODES.some((name) => code?.getText() === `'${name}'`);
  const type = program.wantedType(node.parent);
  const isCheck = node.parent.properties.some((one) => propertyAt(one, 'level') !== undefined);
  const kind =
    MESSAGES.find(([pattern]) => pattern.test(type))?.[1] ?? (isCheck ? 'check' : undefined);
  if (kind === undefined && !isWarning) return [];
  return of(kind ?? 'warning', value, program);
}

function phaseAt(node: Node, program: Program): Said[] {
  const value = propertyAt(node, 'title');
  return value === undefined ? [] : of('phase', value, program);
}

/** Sentences of the command line that are neither of an error, a note nor the help. */
function saidAt(node: Node, known: ReadonlySet<Node>): Said[] {
  const path = pathOf(node);
  if (!path.startsWith('src/cli/') || NOT_PRINTED.test(path) || known.has(node)) return [];
  const text = sentenceAt(node);
  if (text === null && !isBesideSentences(node)) return [];
  const above = ancestors(node);
  if (above.some((one) => known.has(one) || isOtherwiseTold(one))) return [];
  return [{ kind: 'said', file: shortPath(node), text: text ?? node.getText().slice(1, -1) }];
}

/** A text that names a command, wherever it is, but for the help and what an error says of itself. */
function commandIn(node: Node, ofErrors: ReadonlySet<Node>): Pick<Said, 'file' | 'text'>[] {
  const path = pathOf(node);
  const text = sentenceAt(node);
  if (NOT_PRINTED.test(path) || text === null || !namesCommand(text)) return [];
  const above = [node, ...ancestors(node)];
  if (above.some((one) => ofErrors.has(one)) || above.slice(1).some(isOtherwiseTold)) return [];
  return [{ file: shortPath(node), text }];
}

/** Text of more than one word; null for any other. */
function sentenceAt(node: Node): string | null {
  const isPlain = isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node);
  if (!isPlain && !isTemplateExpression(node)) return null;
  const text = isPlain ? node.text : withValues(node);
  return hasWords(text) ? text : null;
}

/** `['started', 'not held before']`: a word beside sentences is one. */
function isBesideSentences(node: Node): boolean {
  const list = node.parent;
  if (!isStringLiteral(node) || node.text === '' || list === undefined) return false;
  return isArrayLiteralExpression(list) && list.elements.some((one) => sentenceAt(one) !== null);
}

function withValues({ head, templateSpans }: TemplateExpression): string {
  const spans = templateSpans.map(
    ({ expression, literal }) =>
      `\${${expression.getText().replaceAll(/\s+/g, ' ')}}${literal.text}`,
  );
  return head.text + spans.join('');
}

const OF_HELP = [
  'summary',
  'description',
  'help',
  'helpValue',
  'examples',
  'helpGroup',
  'names',
  'title',
];

/** A part of the help, of a template that is told whole, of a type, or of an import. */
function isOtherwiseTold(one: Node): boolean {
  if (isImportDeclaration(one) || isTypeNode(one) || isTemplateExpression(one)) return true;
  if (isPropertyAssignment(one)) return OF_HELP.includes(one.name.getText());
  if (!isPropertyDeclaration(one)) return false;
  return /^(static|override static)/.test(one.getText()) || one.name.getText() === 'localWords';
}

/** `bin/kato` is a script for sh. */
function ofLauncher(): Said[] {
  return [...readText('bin/kato').matchAll(/^ *next: (.*?)"/gm)].map(([, text = '']) => ({
    kind: 'hint',
    file: 'bin/kato',
    text: text.replaceAll(/\$(\w+)/g, '${$1}'),
  }));
}
