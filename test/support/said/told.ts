import type { Node } from 'typescript/unstable/ast';
import { isCallExpression } from 'typescript/unstable/ast/is';
import { lastName, type Program, propertyAt } from './program.ts';
import { type Text, textsOf } from './texts.ts';
import { hasWords } from './words.ts';

/** What is called with a note: it is told at once. */
const NOTES = ['note', 'noteOpen', 'say'];

/** `note(NOTE)`, `notes.push(NOTE)`, `notes: [NOTE]`. */
export function notesAt(node: Node, program: Program): Text[] {
  return sentencesOf(notesIn(node), program);
}

/** `log(LINE)`. */
export function logsAt(node: Node, program: Program): Text[] {
  const isLog = isCallExpression(node) && lastName(node.expression) === 'log';
  return isLog ? sentencesOf(node.arguments, program) : [];
}

function notesIn(node: Node): readonly Node[] {
  const listed = propertyAt(node, 'notes');
  if (listed !== undefined) return [listed];
  if (!isCallExpression(node)) return [];
  const { expression } = node;
  const isPushed = /\bnotes\.push$/.test(expression.getText());
  return isPushed || NOTES.includes(lastName(expression)) ? node.arguments : [];
}

function sentencesOf(nodes: readonly Node[], program: Program): Text[] {
  return nodes.flatMap((one) => textsOf(one, program)).filter(({ text }) => hasWords(text));
}
