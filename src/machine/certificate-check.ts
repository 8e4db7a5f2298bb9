import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KatoError } from '../domain/base/error.ts';
import { attempt, lastWords } from './command.ts';
import { exists, makeFolder, translated } from './disk/files.ts';

/** As the roles with it start it. */
const NGINX = '/usr/sbin/nginx';

/**
 * Which of these files of key and chain nginx would not load, and why: it would refuse every config that
 * has one. What is too weak is for its OpenSSL to say, and so the nginx that is here is asked. Null where
 * it cannot be: there is none yet, it refuses more than certificates, or `scratch` has no room.
 */
export async function refusedByNginx(
  files: readonly string[],
  scratch: string,
): Promise<ReadonlyMap<string, string> | null> {
  if (!(await exists(NGINX))) return null;
  try {
    return await judgedIn(scratch, files);
  } catch (error) {
    // Whoever asks goes on: the check of the whole config says what is wrong.
    if (error instanceof KatoError) return null;
    throw error;
  }
}

async function judgedIn(
  scratch: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, string> | null> {
  await makeFolder(scratch, 0o700);
  const folder = await translated(scratch, () => mkdtemp(join(scratch, 'kato-certificates-')));
  try {
    const refused = await refusedOf(files, folder);
    return refused.size > 0 && (await refusal([], folder)) !== null ? null : refused;
  } finally {
    await translated(folder, () => rm(folder, { recursive: true, force: true }));
  }
}

/** Nearly always all are good, and that is found at once. */
async function refusedOf(files: readonly string[], folder: string): Promise<Map<string, string>> {
  if (files.length === 0) return new Map();
  const why = await refusal(files, folder);
  if (why === null) return new Map();
  if (files.length === 1) return new Map([[files[0]!, why]]);
  const half = Math.ceil(files.length / 2);
  const first = await refusedOf(files.slice(0, half), folder);
  return new Map([...first, ...(await refusedOf(files.slice(half), folder))]);
}

/** The words with which nginx refuses a config that has these; null where it takes it. */
async function refusal(files: readonly string[], folder: string): Promise<string | null> {
  const names = files.map((_, i) => `${i}.pem`);
  const write = (name: string, text: string): Promise<void> =>
    translated(folder, () => writeFile(join(folder, name), text, { mode: 0o600 }));
  for (const [i, file] of files.entries()) await write(names[i]!, `${file}\n`);
  await write('nginx.conf', configWith(names));
  const argv = [NGINX, '-t', '-q', '-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'];
  const result = await attempt(argv, { cwd: folder });
  if (result.exitCode === 0) return null;
  const words = lastWords(result) ?? '';
  return /\[emerg\][^:]*: (.*)/.exec(words)?.[1]?.replaceAll(`${folder}/`, '') ?? words;
}

/** It takes no port, and touches nothing outside of its folder. */
function configWith(names: readonly string[]): string {
  const caches = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const servers = names.map(
    (name) =>
      `server { listen unix:socket ssl; ssl_certificate ${name}; ssl_certificate_key ${name}; }`,
  );
  return `pid nginx.pid;
error_log stderr error;
events {}
http {
access_log off;
${[...caches.map((name) => `${name}_temp_path ${name};`), ...servers].join('\n')}
}
`;
}
