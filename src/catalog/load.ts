import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { type KatoError, refuse } from '../domain/base/error.ts';
import type { Catalogue, RoleDefinition } from '../domain/roles/role.ts';
import { crossCheck } from './cross-check.ts';
import { GroupsFile, RoleFile, roleDefinition } from './role-file.ts';
import { roleTexts, templateNames } from './sources.ts';

const GROUPS = 'groups.yml';

/**
 * Reads `roles/*.yml` below the folder and checks them against each other and `templates/`.
 * ROLE_FILE with every mistake in every file, each as `file: path: what is wrong`.
 */
export function loadCatalogue(folder: string): Catalogue {
  const mistakes: string[] = [];
  const roles = new Map<string, RoleDefinition>();
  let groups = new Map<string, string[]>();
  for (const [file, text] of roleTexts(folder)) {
    const path = `roles/${file}`;
    if (file === GROUPS) {
      groups = new Map(Object.entries(read(path, text, GroupsFile, mistakes) ?? {}));
      continue;
    }
    const content = read(path, text, RoleFile, mistakes);
    const name = file.slice(0, -'.yml'.length);
    if (content !== undefined) roles.set(name, roleDefinition(name, content));
  }
  if (mistakes.length > 0) throw roleFileError(mistakes);
  const catalogue = { roles, groups };
  mistakes.push(...crossCheck(catalogue, templateNames(folder)));
  if (mistakes.length > 0) throw roleFileError(mistakes);
  return catalogue;
}

function read<S extends v.GenericSchema>(
  file: string,
  text: string,
  schema: S,
  mistakes: string[],
): v.InferOutput<S> | undefined {
  const document = parseDocument(text, { prettyErrors: true });
  for (const error of [...document.errors, ...document.warnings]) {
    const [summary = 'not YAML'] = error.message.split(' at line ');
    mistakes.push(`${file}: line ${error.linePos?.[0].line ?? 1}: ${summary}`);
  }
  if (document.errors.length > 0) return undefined;
  const result = v.safeParse(schema, document.toJS());
  if (result.success) return result.output;
  mistakes.push(...result.issues.map((issue) => `${file}: ${describe(innermost(issue))}`));
  return undefined;
}

/** Of a choice between forms, the issue inside the form that was meant. */
function innermost(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> {
  const inner = issue.issues?.find((one) => one.path !== undefined);
  if (inner?.path === undefined) return issue;
  return { ...inner, path: [...(issue.path ?? []), ...inner.path] } as typeof issue;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((part) => String(part.key)).join('/');
  const wrong =
    issue.type === 'strict_object'
      ? issue.message
      : `${issue.received} is not ${issue.kind === 'validation' ? issue.message : issue.expected}`;
  return `${path === '' ? 'the file' : path}: ${wrong}`;
}

export function roleFileError(mistakes: readonly string[]): KatoError {
  const next = 'correct the file; the roles that come with kato are examples';
  return mistakes.length === 1
    ? refuse('ROLE_FILE', mistakes[0]!, undefined, next)
    : refuse(
        'ROLE_FILE',
        `the role files have ${mistakes.length} mistakes`,
        mistakes.join('\n'),
        next,
      );
}
