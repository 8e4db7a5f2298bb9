import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { View } from '../../../src/domain/views/view.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { accepts, freePort } from '../../support/ports.ts';
import { makeRoot, type RunningService, runService } from '../../support/service.ts';
import { until } from '../../support/until.ts';
import { testNode, testPool, testRoute, testView } from '../../support/views.ts';

/** Where setup unpacks what only tests need. */
const RUNTIME = join(import.meta.dirname, '../../../runtime');

export interface RunningProxy {
  readonly service: RunningService;
  readonly address: string;
  readonly http: number;
  readonly https: number;
  /** The view with these changes, at the same ports. */
  view(changes: Partial<View>): View;
}

/** A real nginx as router or load balancer, on an address of its own. */
export async function startProxy(
  role: 'router' | 'load_balancer',
  address: string,
  changes: Partial<View>,
  settings: View['settings'][string] = {},
  secrets = viewSecrets,
  usr = '/usr',
): Promise<RunningProxy> {
  const http = await freePort(address);
  const https = await freePort(address);
  const view = (more: Partial<View>): View => ({
    ...testView([role]),
    node: testNode([role], { address }),
    settings: { [role]: { http_port: http, https_port: https, ...settings } },
    ...more,
  });
  const service = await runService(view(changes), role, makeRoot(), secrets, usr);
  // nginx takes its ports one after the other, and is ready with the first.
  await until(() => accepts(address, https), { what: 'it takes HTTPS', seconds: 5 });
  return { service, address, http, https, view };
}

/** Tests for the nginx of this Debian, and for that of the other one that kato is for. */
export function describeForEachNginx(
  title: string,
  tests: (start: typeof startProxy) => void,
): void {
  describe(`${title}, with the nginx of this Debian`, () => tests(startProxy));
  const other = readdirSync(RUNTIME).find((name) => name.startsWith('nginx-of-')) ?? '';
  const usr = join(RUNTIME, other, 'usr');
  describe(`${title}, with the ${other.replaceAll('-', ' ')}`, () =>
    tests((role, address, changes, settings = {}, secrets = viewSecrets) =>
      startProxy(role, address, changes, settings, secrets, usr),
    ));
}

/** Routes as `[host, path, backends, sticky?]`, with the pools they need. */
export function leading(
  ...routes: [host: string, path: string, backends: string[], sticky?: boolean][]
): Pick<View, 'routes' | 'pools'> {
  const made = routes.map((route) => testRoute(...route));
  return { routes: made.map(({ route }) => route), pools: made.map(({ pool }) => pool) };
}

export function routers(addresses: string[]): Pick<View, 'pools'> {
  return { pools: [testPool('routers', 'routers', addresses)] };
}
