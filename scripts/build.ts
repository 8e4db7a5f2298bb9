import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { loadCatalogue, roleFileError } from '../src/catalog/load.ts';
import { sourcesOf } from '../src/catalog/sources.ts';
import { templateMistakes } from '../src/catalog/templates.ts';
import { LISTING } from '../src/cli/framework/config.ts';
import { printFailure } from '../src/cli/framework/failure.ts';
import { type BundledCatalogue, CATALOGUE } from '../src/cli/framework/home.ts';
import { KatoError } from '../src/domain/base/error.ts';
import { listCommands } from './list-commands.ts';

/**
 * Makes dist/ (or the folder given) from src: kato.js holds our own code and oclif, each library
 * lies beside it in a file of its own, and all of it runs when it is first used. With what would
 * take long to find out at each start: the list of all commands, and the checked roles.
 */
const HOME = join(import.meta.dirname, '..');
const [TO = join(HOME, 'dist')] = process.argv.slice(2);
const MAIN = 'kato.js';

async function main(): Promise<void> {
  // What is edited from here on is newer than the bundle: bin/kato then runs the source.
  const startedAt = new Date();
  const catalogue = await checkedCatalogue(HOME);
  const folder = await mkdtemp(`${TO}.new-`);
  try {
    await Promise.all([bundle(folder), findOut(folder, catalogue)]);
    utimesSync(join(folder, MAIN), startedAt, startedAt);
    putInPlace(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundle(folder: string): Promise<void> {
  const libraries = new Map<string, string>();
  const common = {
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
  } as const;
  await build({
    ...common,
    entryPoints: [{ in: join(HOME, 'src/cli/main.ts'), out: 'kato' }],
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    plugins: [apart(libraries), onFirstUse],
  });
  await build({
    ...common,
    entryPoints: [...libraries].map(([name, file]) => ({ in: name, out: file })),
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
    plugins: [whole],
    banner: {
      js: "import{createRequire as $from}from'node:module';const require=$from(import.meta.url);",
    },
  });
}

/** Leaves the libraries that our code imports outside, each in a file of its own. */
function apart(libraries: Map<string, string>): Plugin {
  return {
    name: 'apart',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^./]/ }, ({ path, importer, namespace }) => {
        if (!importer.startsWith(join(HOME, 'src/')) || namespace !== 'file') return;
        if (isBuiltin(path) || path.startsWith('@oclif/core')) return;
        libraries.set(path, path.replace(/^@/, '').replaceAll('/', '-'));
        return { path, namespace: 'library' };
      });
      onLoad({ filter: /./, namespace: 'library' }, ({ path }) => {
        const file = JSON.stringify(`./${libraries.get(path)}.mjs`);
        return { contents: `export * from ${file};\nexport { default } from ${file};` };
      });
      onResolve({ filter: /./, namespace: 'library' }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** A library with all the names that Node finds in it: esbuild sees none in one that is no module. */
const whole: Plugin = {
  name: 'whole',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind }) => {
      return kind === 'entry-point' ? { path, namespace: 'whole' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'whole' }, async ({ path }) => {
      const exported = Object.keys(await import(path)).filter((name) => name !== 'module.exports');
      const contents = `export { ${exported.join(', ')} } from ${JSON.stringify(path)};`;
      return { contents, resolveDir: HOME };
    });
  },
};

/** oclif asks for all its parts at once: here each is asked for where it is first used. */
const onFirstUse: Plugin = {
  name: 'on first use',
  setup({ onLoad }) {
    onLoad({ filter: /@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => {
      const parts: string[] = [];
      let text = readFileSync(path, 'utf8');
      const asked = /^const (\w+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;
      text = text.replace(asked, (_line, name: string, part: string) => {
        parts.push(`get ${name}() { return this.$${name} ??= ${part}; },`);
        return '';
      });
      for (const [, name] of parts.join('\n').matchAll(/^get (\w+)/gm)) {
        text = text.replace(new RegExp(`(?<![.\\w$])${name}(?=\\.)`, 'g'), `$part.${name}`);
      }
      return { contents: `const $part = {\n${parts.join('\n')}\n};\n${text}`, loader: 'js' };
    });
  },
};

async function findOut(folder: string, catalogue: BundledCatalogue): Promise<void> {
  const files = {
    [LISTING]: await listCommands(HOME),
    [CATALOGUE]: catalogue,
    'package.json': { type: 'commonjs' },
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(content));
  }
}

/** ROLE_FILE for a mistake in a role file or in a template, which would show on the nodes only. */
async function checkedCatalogue(folder: string): Promise<BundledCatalogue> {
  const catalogue = loadCatalogue(folder);
  const mistakes = await templateMistakes(folder, catalogue);
  if (mistakes.length > 0) throw roleFileError(mistakes);
  const { roles, groups } = catalogue;
  return { sources: sourcesOf(folder), roles: [...roles], groups: [...groups] };
}

/** File by file, kato.js last: whoever starts meanwhile finds all that it needs. */
function putInPlace(from: string): void {
  mkdirSync(TO, { recursive: true });
  const files = readdirSync(from).sort((a, b) => Number(a === MAIN) - Number(b === MAIN));
  for (const file of files) renameSync(join(from, file), join(TO, file));
  for (const old of readdirSync(TO)) if (!files.includes(old)) rmSync(join(TO, old));
}

await main().catch((error: unknown) => {
  // What a person wrote is said as kato says it.
  if (!(error instanceof KatoError)) throw error;
  printFailure(error, []);
  process.exitCode = 1;
});
