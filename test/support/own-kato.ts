import { typed } from './cluster.ts';
import type { Host } from './lab/host.ts';
import { CHECKOUT } from './lab/store.ts';

const HOME = '/opt/kato';

/** A copy of kato of a host's own, with files that a person wrote into it, by their paths there. */
export async function ownKato(host: Host, files: Readonly<Record<string, string>>): Promise<void> {
  await typed(host, `rm -rf ${HOME} && mkdir -p ${HOME}`);
  await typed(host, `cd ${CHECKOUT} && cp -r bin src roles templates package.json ${HOME}`);
  await typed(host, `ln -s ${CHECKOUT}/runtime ${CHECKOUT}/node_modules ${HOME}`);
  await typed(host, `ln -sfn ${HOME}/bin/kato /usr/local/bin/kato`);
  for (const [path, text] of Object.entries(files)) {
    await typed(host, `mkdir -p "$(dirname ${HOME}/${path})" && cat >${HOME}/${path}`, {
      input: text,
    });
  }
}
