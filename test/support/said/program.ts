import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, SourceFile } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isIdentifier,
  isPropertyAssignment,
  isShorthandPropertyAssignment,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { API, SymbolFlags } from 'typescript/unstable/sync';

const HOME = join(import.meta.dirname, '../../..');

/** The source as the compiler understands it. */
export interface Program {
  /** By path from the top: `src/domain/making/plan.ts`. */
  files: [string, SourceFile][];
  /** Where a name is declared, through imports; undefined for what is none of ours. */
  declarationOf(name: Node): Node | undefined;
  /** Calls of a function, wherever they are. */
  callsOf(declaration: Node): Node[];
  /** The type that is wanted where an object stands, by its name. */
  wantedType(object: Node): string;
}

/** Reads all of `src`, and hands it to `use`; the compiler ends after it. */
export function withProgram<Result>(use: (program: Program) => Result): Result {
  const api = new API({ cwd: HOME });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [join(HOME, 'tsconfig.json')] });
    const { program, checker } = snapshot.getProjects()[0]!;
    const paths = globSync('src/**/*.ts', { cwd: HOME }).sort();
    return use({
      files: paths.map((path) => [path, program.getSourceFile(join(HOME, path))!]),
      declarationOf: (name) => {
        const found = isShorthandPropertyAssignment(name.parent)
          ? checker.getShorthandAssignmentValueSymbol(name.parent)
          : checker.getSymbolAtLocation(name);
        if (found === undefined) return undefined;
        const isAlias = (found.flags & SymbolFlags.Alias) !== 0;
        const symbol = isAlias ? checker.getAliasedSymbol(found) : found;
        const handle = symbol.valueDeclaration ?? symbol.declarations[0];
        return handle?.path.startsWith(`${HOME}/src/`) ? handle.resolve() : undefined;
      },
      callsOf: (declaration) => {
        const { parent } = declaration;
        // A function that a variable holds is called by the name of that.
        const calls = isVariableDeclaration(parent)
          ? checker
              .getReferencedSymbolsForNode(parent.name, parent.name.getStart())
              .flatMap(({ references }) => references.flatMap((one) => one.resolve()?.parent ?? []))
              .filter((node) => isCallExpression(node))
          : checker.getSignatureUsage(declaration).flatMap(({ call }) => call?.resolve() ?? []);
        return calls.filter((call) => pathOf(call).startsWith('src/'));
      },
      wantedType: (object) => {
        const type = checker.getContextualType(object as never);
        return type === undefined ? '' : checker.typeToString(type);
      },
    });
  } finally {
    api.close();
  }
}

/** The file that a node is in, from the top. */
export function pathOf(node: Node): string {
  return node.getSourceFile().fileName.slice(HOME.length + 1);
}

/** All nodes below this one and itself. */
export function everyNode(top: Node): Node[] {
  const found: Node[] = [];
  const visit = (node: Node): undefined => {
    found.push(node);
    node.forEachChild(visit);
  };
  visit(top);
  return found;
}

export function ancestors(node: Node): Node[] {
  const found: Node[] = [];
  for (let above = node.parent; above !== undefined; above = above.parent) found.push(above);
  return found;
}

/** `refuse` of `refuse(...)`, `say` of `voice.say(...)`. */
export function lastName(node: Node): string {
  return isIdentifier(node) ? node.text : (/\w+$/.exec(node.getText())?.[0] ?? '');
}

/** The value of `name: value` or of `name`, in an object. */
export function propertyAt(node: Node, name: string): Node | undefined {
  if (isPropertyAssignment(node) && node.name.getText() === name) return node.initializer;
  return isShorthandPropertyAssignment(node) && node.name.getText() === name
    ? node.name
    : undefined;
}
