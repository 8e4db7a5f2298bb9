import type {
  BinaryExpression,
  CallExpression,
  Node,
  PropertyAccessExpression,
} from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import {
  isArrayLiteralExpression,
  isArrowFunction,
  isAsExpression,
  isAwaitExpression,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isConditionalExpression,
  isElementAccessExpression,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isNonNullExpression,
  isNoSubstitutionTemplateLiteral,
  isObjectLiteralExpression,
  isParameterDeclaration,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isReturnStatement,
  isSpreadElement,
  isStringLiteral,
  isTemplateExpression,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { ancestors, everyNode, lastName, type Program } from './program.ts';

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
 * All texts that an expression can be, or that a list of them can have: by names, branches, functions,
 * parameters, tables, and fields of records of ours. What comes from elsewhere is no text of it.
 */
export function textsOf(node: Node, program: Program, depth = DEPTH_MAX): Text[] {
  const next = (other: Node | undefined): Text[] =>
    other === undefined || depth === 0 ? [] : textsOf(other, program, depth - 1);
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) {
    return [{ node, text: node.text }];
  }
  if (isTemplateExpression(node)) return filledWays(node, program, depth);
  if (isPlus(node)) {
    const ends = next(node.right);
    return next(node.left).flatMap(({ text }) =>
      ends.map((end) => ({ node, text: text + end.text })),
    );
  }
  return sourcesOf(node, program).flatMap(next);
}

/** What an expression hands on as it is. */
function sourcesOf(node: Node, program: Program): Node[] {
  if (isParenthesizedExpression(node) || isNonNullExpression(node) || isAsExpression(node)) {
    return [node.expression];
  }
  if (isAwaitExpression(node) || isSpreadElement(node)) return [node.expression];
  if (isArrayLiteralExpression(node)) return [...node.elements];
  if (isElementAccessExpression(node)) return valuesOf(node.expression, program);
  if (isPropertyAccessExpression(node)) return madeFor(node, program);
  if (isConditionalExpression(node)) return [node.whenTrue, node.whenFalse];
  if (isBinaryExpression(node)) return [node.left, node.right];
  if (isCallExpression(node)) {
    const made = eachOf(node) ?? program.declarationOf(node.expression);
    return made === undefined ? [] : returnsOf(made);
  }
  const declared = isIdentifier(node) ? program.declarationOf(node) : undefined;
  if (declared === undefined) return [];
  if (isVariableDeclaration(declared)) {
    return isIdentifier(declared.name) ? [declared.initializer ?? []].flat() : [];
  }
  return isParameterDeclaration(declared) ? givenTo(declared, program) : [];
}

function isPlus(node: Node): node is BinaryExpression {
  return isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.PlusToken;
}

/** Whether it is a value that no text of the source is, or can be one as well. */
function canBeValue(node: Node, program: Program, depth: number): boolean {
  const isText = isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node);
  if (isText || isTemplateExpression(node) || isPlus(node)) return false;
  if (isArrayLiteralExpression(node) && node.elements.length === 0) return false;
  const sources = depth === 0 ? [] : sourcesOf(node, program);
  return sources.length === 0 || sources.some((one) => canBeValue(one, program, depth - 1));
}

/** `made` of `list.map(made)`. */
function eachOf(node: Node): Node | undefined {
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return undefined;
  const isEach = ['map', 'flatMap', 'forEach'].includes(lastName(node.expression));
  return isEach ? node.arguments[0] : undefined;
}

/** All values of a table that a name stands for. */
function valuesOf(name: Node, program: Program): Node[] {
  const declared = isIdentifier(name) ? program.declarationOf(name) : undefined;
  const table = declared !== undefined && isVariableDeclaration(declared) && declared.initializer;
  if (!table || !isObjectLiteralExpression(table)) return [];
  return table.properties.flatMap((one) => (isPropertyAssignment(one) ? one.initializer : []));
}

/** What is given for the field of an interface where such a record is made, in the file of both. */
function madeFor(access: Node & { name: Node }, program: Program): Node[] {
  const field = program.declarationOf(access.name);
  const owner = field?.parent;
  if (owner === undefined || !isInterfaceDeclaration(owner)) return [];
  return everyNode(owner.getSourceFile()).flatMap((node) => {
    if (!isPropertyAssignment(node) || node.name.getText() !== access.name.getText()) return [];
    const isOfIt = program.wantedType(node.parent).split(' | ').includes(owner.name.getText());
    return isOfIt ? node.initializer : [];
  });
}

/** What callers give for a parameter, and the members of a list for that of its `map`. */
function givenTo(parameter: Node, program: Program): Node[] {
  const owner = parameter.parent as unknown as { parameters: readonly Node[] } & Node;
  const place = owner.parameters.indexOf(parameter);
  if (eachOf(owner.parent) === owner) {
    const { expression } = (owner.parent as CallExpression).expression as PropertyAccessExpression;
    return place === 0 ? [expression] : [];
  }
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
    const isValueToo = !isSentence || canBeValue(expression, program, depth);
    const texts = isSentence ? inner.map(({ text }) => text) : [];
    const fills = isValueToo ? [...texts, value] : texts;
    ways = ways.flatMap((way) => fills.map((fill) => way + fill + literal.text));
  }
  return ways.map((text) => ({ node, text }));
}
