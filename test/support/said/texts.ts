import type { Node } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import {
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isConditionalExpression,
  isFunctionDeclaration,
  isIdentifier,
  isNonNullExpression,
  isNoSubstitutionTemplateLiteral,
  isParameterDeclaration,
  isParenthesizedExpression,
  isReturnStatement,
  isStringLiteral,
  isTemplateExpression,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { ancestors, everyNode, type Program } from './program.ts';

/** A text that the source can make, and the file that has its words. */
export interface Text {
  node: Node;
  /** Values stand as `${...}`. */
  text: string;
}

/** Texts that lead to each other in a circle, or through very many hands, end here. */
const DEPTH_MAX = 8;
/** What more ways to put a text together than these are shown as values. */
const WAYS_MAX = 12;

/**
 * All texts that an expression can be: by names, branches, functions and parameters. What comes
 * from elsewhere (a field of a record that was made somewhere) is no text of this expression.
 */
export function textsOf(node: Node, program: Program, depth = DEPTH_MAX): Text[] {
  const next = (other: Node | undefined): Text[] =>
    other === undefined || depth === 0 ? [] : textsOf(other, program, depth - 1);
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) {
    return [{ node, text: node.text }];
  }
  if (isTemplateExpression(node)) return filledWays(node, program, depth);
  if (isParenthesizedExpression(node) || isNonNullExpression(node) || isAsExpression(node)) {
    return next(node.expression);
  }
  if (isConditionalExpression(node)) return [...next(node.whenTrue), ...next(node.whenFalse)];
  if (isBinaryExpression(node)) {
    const { left, right, operatorToken } = node;
    if (operatorToken.kind !== SyntaxKind.PlusToken) return [...next(left), ...next(right)];
    const ends = next(right);
    return next(left).flatMap(({ text }) => ends.map((end) => ({ node, text: text + end.text })));
  }
  if (isCallExpression(node)) {
    const made = program.declarationOf(node.expression);
    return made === undefined ? [] : returnsOf(made).flatMap(next);
  }
  if (!isIdentifier(node)) return [];
  const declared = program.declarationOf(node);
  if (declared === undefined) return [];
  if (isVariableDeclaration(declared))
    return isIdentifier(declared.name) ? next(declared.initializer) : [];
  return isParameterDeclaration(declared) ? givenTo(declared, program).flatMap(next) : [];
}

/** What callers give for a parameter. */
function givenTo(parameter: Node, program: Program): Node[] {
  const owner = parameter.parent as unknown as { parameters: readonly Node[] } & Node;
  const place = owner.parameters.indexOf(parameter);
  return program
    .callsOf(owner)
    .flatMap((call) => (isCallExpression(call) ? (call.arguments[place] ?? []) : []));
}

/** What a function can hand back. */
function returnsOf(made: Node): Node[] {
  const code = isVariableDeclaration(made) ? made.initializer : made;
  if (code === undefined || !(isFunctionDeclaration(code) || isArrowFunction(code))) return [];
  if (code.body === undefined) return [];
  if (!isBlock(code.body)) return [code.body];
  return everyNode(code.body)
    .filter((node) => isReturnStatement(node))
    .filter(
      (node) =>
        ancestors(node).find((above) => isFunctionDeclaration(above) || isArrowFunction(above)) ===
        code,
    )
    .flatMap((node) => node.expression ?? []);
}

/** A template with each sentence that may stand in it; a value stays `${...}`. */
function filledWays(node: Node, program: Program, depth: number): Text[] {
  if (!isTemplateExpression(node)) return [];
  let ways = [node.head.text];
  for (const { expression, literal } of node.templateSpans) {
    const value = `\${${expression.getText().replaceAll(/\s+/g, ' ')}}`;
    const inner = depth === 0 ? [] : textsOf(expression, program, depth - 1);
    const words = inner.filter(({ text }) => text.includes(' '));
    const isSentence = words.length > 0 && words.length * ways.length <= WAYS_MAX;
    const fills = isSentence ? inner.map(({ text }) => text) : [value];
    ways = ways.flatMap((way) => fills.map((fill) => way + fill + literal.text));
  }
  return ways.map((text) => ({ node, text }));
}
