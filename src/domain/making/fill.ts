import { refuse } from '../base/error.ts';

const PLACEHOLDER = /\$\{([A-Za-z][A-Za-z0-9_.]*)\}/g;

/** Values that `${...}` may name in a role file: `settings.port` is `values.settings.port`. */
export interface Values {
  readonly [name: string]: unknown;
}

export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1]!);
}

export function namesValue(texts: readonly string[], name: string): boolean {
  return texts.flatMap(placeholdersIn).includes(name);
}

/** The text with every `${name}` replaced. ROLE_FILE when a name has no value. */
export function fill(text: string, values: Values): string {
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = name.split('.').reduce(pick, values as unknown);
    if (value !== undefined && value !== null) return String(value);
    throw refuse('ROLE_FILE', `'${text}' names '${name}', which has no value here`);
  });
}

function pick(container: unknown, name: string): unknown {
  return container !== null && typeof container === 'object'
    ? (container as Values)[name]
    : undefined;
}
