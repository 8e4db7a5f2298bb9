import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../domain/base/error.ts';
import { sizeBytes } from '../domain/base/quantity.ts';
import { templateNames } from './sources.ts';

/** Fills a template under `templates/` in: `render('redis/redis.conf', view)`. */
export type Renderer = (template: string, view: object) => string;

/** What a template may call: those of Handlebars, and kato's own. */
export const HELPERS = ['bytes', 'each', 'if', 'json', 'lookup', 'unless', 'with'];

/**
 * Handlebars without escaping, where a missing name is an error: ROLE_FILE, with the template and the name.
 * Every template can include another by its path: `{{> nginx/http}}`. `{{json x}}` writes JSON,
 * `{{bytes x}}` a size in bytes: programs differ on what `512m` is.
 */
export async function renderer(folder: string): Promise<Renderer> {
  const { default: Handlebars } = await import('handlebars');
  const handlebars = Handlebars.create();
  handlebars.registerHelper('json', (value: unknown) => JSON.stringify(value));
  handlebars.registerHelper('bytes', (size: unknown) => sizeBytes(String(size)));
  const root = join(folder, 'templates');
  const options = { strict: true, noEscape: true };
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  for (const name of templateNames(folder)) {
    const text = readFileSync(join(root, name), 'utf8');
    compiled.set(name, handlebars.compile(text, options));
    handlebars.registerPartial(name, compiled.get(name)!);
  }
  return (template, view) => {
    const fill = compiled.get(template);
    if (fill === undefined) throw refuse('ROLE_FILE', `there is no templates/${template}`);
    try {
      return fill(view);
    } catch (cause) {
      throw refuse('ROLE_FILE', `templates/${template}: ${explain(cause)}`);
    }
  };
}

function explain(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const name = /^"(.+)" not defined in/.exec(text)?.[1];
  return name === undefined ? text : `the view has no '${name}'`;
}
