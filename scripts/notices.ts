import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes THIRD-PARTY-NOTICES.md: every npm package that kato runs with, by its lock file. */
const root = join(import.meta.dirname, '..');

interface Locked {
  version: string;
  dev?: boolean;
  optional?: boolean;
  license?: string;
}

interface Author {
  name?: string;
}

const COPYRIGHT = /^\W*copyright\b.*(\(c\)|©|\d{4}|@).*$/i;

function main(): void {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const forDevelopment = new Set(Object.keys(lock.packages[''].devDependencies));
  const packages = Object.entries<Locked>(lock.packages)
    .filter(([path, { dev, optional }]) => path !== '' && dev !== true && optional !== true)
    .filter(([path]) => !forDevelopment.has(nameOf(path)))
    .map(([path, locked]) => row(path, locked));
  const lines = [
    '# Third-party notices',
    '',
    'kato is licensed under the Apache License 2.0 ([LICENSE](LICENSE)). It runs with these npm packages, each',
    'under its own licence, whose text lies with it in `node_modules/`. Made by `node scripts/notices.ts`.',
    '',
    '| package | version | licence | copyright |',
    '|---|---|---|---|',
    ...[...new Set(packages)].sort(),
    '',
    'It also runs, without containing them: Node.js (MIT), and the Debian packages nginx (BSD-2-Clause),',
    'nats-server (Apache-2.0), s6 and execline (ISC), redis-server, memcached (BSD-3-Clause), postgresql',
    '(PostgreSQL), openssl and iproute2. Their licences are in `/usr/share/doc/PACKAGE/copyright`.',
  ];
  writeFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), `${lines.join('\n')}\n`);
}

function row(path: string, { version, license }: Locked): string {
  return `| ${nameOf(path)} | ${version} | ${license ?? 'see the package'} | ${copyrightOf(join(root, path))} |`;
}

function nameOf(path: string): string {
  return path.replace(/^.*node_modules\//, '');
}

/** The line of the licence file; where that names nobody, who the package says made it. */
function copyrightOf(folder: string): string {
  const [file] = globSync('{LICENSE,LICENCE,license}{,.md,.txt}', { cwd: folder });
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  const line = text.split('\n').find((one) => COPYRIGHT.test(one) && !one.includes('[yyyy]'));
  if (line !== undefined) return withoutPlaces(line);
  const { author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    author?: string | Author;
  };
  const name = typeof author === 'string' ? author : author?.name;
  return withoutPlaces(`by ${name ?? 'its contributors'}`);
}

/** Names and years, without mail and web addresses. */
function withoutPlaces(line: string): string {
  return line
    .replaceAll(/<[^>]*>|\((?!c\))[^)]*\)/gi, '')
    .replaceAll(/[*|]/g, '')
    .replaceAll(/ +(?=,|$)/g, '')
    .trim();
}

main();
