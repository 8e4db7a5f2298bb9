import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { typed } from '../cluster.ts';
import type { Host } from '../lab/host.ts';
import { CHECKOUT } from '../lab/store.ts';

/** An earlier release as its users have it: what it wrote, and the program itself. */
export const FIXTURES = join(CHECKOUT, 'test/fixtures');
export const RELEASES: readonly string[] = readdirSync(FIXTURES)
  .filter((name) => /^\d/.test(name))
  .sort();

/** Where it lies on a machine: an upgrade takes place there. */
const HOME = '/opt/kato';
const PARTS = ['bin', 'dist', 'roles', 'templates', 'package.json'];

/** Unpacks it into a folder of this machine, and gives the path of its program. */
export function unpack(release: string, folder: string): string {
  execFileSync('tar', ['-xzf', `${FIXTURES}/${release}/kato.tar.gz`, '-C', folder]);
  symlinkSync(`${CHECKOUT}/runtime`, `${folder}/runtime`);
  return `${folder}/bin/kato`;
}

/** Puts an earlier release on a host that has no node yet, with the runtime of this checkout. */
export async function install(host: Host, release: string): Promise<void> {
  await typed(
    host,
    `mkdir -p ${HOME} && tar -xzf ${FIXTURES}/${release}/kato.tar.gz -C ${HOME} &&
      ln -s ${CHECKOUT}/runtime ${HOME}/runtime && ln -sfn ${HOME}/bin/kato /usr/local/bin/kato`,
  );
}

/** What `git pull && scripts/setup` does to the files: each in its place by a rename, kato.js last. */
export async function pull(host: Host): Promise<void> {
  const [bundle, ...rest] = ['dist/kato.js', ...PARTS];
  await typed(
    host,
    `mkdir ${HOME}/new && cd ${CHECKOUT} && cp -r ${rest.join(' ')} ${HOME}/new/ && cd ${HOME}/new &&
      mv ${bundle} kato.js && find . -type f -exec sh -c '
        for file; do mkdir -p "${HOME}/$(dirname "$file")" && mv "$file" "${HOME}/$file"; done' sh {} + &&
      mv ${HOME}/kato.js ${HOME}/${bundle} && rm -r ${HOME}/new`,
  );
}

/** The commands of the guide, on one node: its processes go on. */
export async function upgrade(host: Host, isController: boolean): Promise<void> {
  await pull(host);
  await typed(host, 's6-svc -r /var/lib/kato/service/agent');
  if (isController) await typed(host, 's6-svc -r /var/lib/kato/service/controller');
}
