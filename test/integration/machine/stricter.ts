import { readdir, rm, writeFile } from 'node:fs/promises';
import type { PassContext } from '../../../src/agent/look.ts';
import { forgetVerdicts } from '../../../src/agent/usable-certificates.ts';
import { renderer } from '../../../src/catalog/renderer.ts';
import { keyNameOf } from '../../../src/domain/traffic/certificates.ts';
import { pemOf } from '../../../src/domain/traffic/nginx/certificate-files.ts';
import { makeSelfSigned } from '../../../src/machine/certificates.ts';
import { run } from '../../../src/machine/command.ts';
import { makeFolder } from '../../../src/machine/disk/files.ts';
import { filesBelow } from '../../../src/machine/s6/service-files.ts';
import { catalogue } from '../../support/clusters.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { testNode as nodeOf, testRoute, testView } from '../../support/views.ts';
import { endNode, passOf, testNode } from './node.ts';

/**
 * Makes passes of a router with a certificate of 2048 bits, in namespaces of its own, while the machine's
 * OpenSSL becomes stricter and is as before again. Prints what each pass came to.
 */
const DOMAIN = 'shop.example.com';
const HOME = new URL('../../..', import.meta.url).pathname;
const SETTINGS = '/etc/ssl/openssl.cnf';
const STRICT = `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = all
[all]
CipherString = DEFAULT@SECLEVEL=3
`;

const paths = await testNode(({ cache }) => makeFolder(cache));
await run(['chmod', '0755', paths.root]);
const context: PassContext = {
  ...{ paths, catalogue, render: await renderer(HOME), bootId: 'boot' },
  kato: { program: `${HOME}/bin/kato`, version: '0.2.0' },
};
const fallback = await makeSelfSigned('example.com');
const made = `${paths.root}/shop`;
await run([
  ...['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '9'],
  ...['-keyout', `${made}.key`, '-out', `${made}.crt`, '-subj', `/CN=${DOMAIN}`],
]);
const read = async (end: string) => (await run(['cat', `${made}.${end}`])).stdout;
const [key, chain] = await Promise.all([read('key'), read('crt')]);
const certificate = { domain: DOMAIN, chain, notAfter: '2046-01-01T00:00:00.000Z' };
const secrets = {
  ...viewSecrets,
  'certificate/default': pemOf(fallback.key, fallback.certificate),
  [keyNameOf(certificate)]: key,
};

/** Each config is another one: it has a route that the one before had not. */
async function passWith(path: string, certificates = [certificate]) {
  const { route, pool } = testRoute(DOMAIN, path, []);
  const node = nodeOf(['router'], { address: '127.0.0.1' });
  const view = testView(['router'], { node, certificates, routes: [route], pools: [pool] });
  const { failures, steps } = await passOf(context, { hash: path, view, secrets });
  const files = await filesBelow(`${paths.config}/router`);
  const current = (await run(['readlink', `${paths.config}/router/current`])).stdout.trim();
  const keys = files.filter((file) => file.endsWith(`certificate-${DOMAIN}.pem`));
  return {
    failures: failures.map(({ kind, message, why, certificate: about }) => {
      return { kind, message, why, about };
    }),
    written: steps.filter((step) => step.kind === 'switch-config').length,
    serves: keys.some((file) => file.includes(current)),
    keys: keys.length,
  };
}

// No check needs a folder that others may fill.
process.env.TMPDIR = '/nowhere';
try {
  const before = await passWith('/a');
  await writeFile(`${paths.root}/strict.cnf`, STRICT);
  await run(['mount', '--bind', `${paths.root}/strict.cnf`, SETTINGS]);
  const strict = await passWith('/b');
  const still = await passWith('/c');
  await run(['umount', SETTINGS]);
  const again = await passWith('/d');
  const removed = await passWith('/e', []);
  const left = await readdir(paths.scratch);
  await rm(paths.scratch, { recursive: true });
  await writeFile(paths.scratch, 'no folder');
  forgetVerdicts();
  const unjudged = await passWith('/f');
  process.stdout.write(JSON.stringify({ before, strict, still, again, removed, unjudged, left }));
} finally {
  await endNode(paths);
}
