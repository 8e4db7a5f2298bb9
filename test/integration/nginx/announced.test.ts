import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import type { NatsConnection } from '@nats-io/transport-node';
import { createIdentity } from '../../../src/bus/identity.ts';
import { limitsOf } from '../../../src/bus/limits.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { openStore } from '../../../src/bus/store/store.ts';
import {
  type AnnouncementsFollowed,
  followAnnouncements,
} from '../../../src/controller/hearing/announcements.ts';
import { createLive, type Live, takeDocument } from '../../../src/controller/state/live.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { viewFor } from '../../../src/domain/views/view-for.ts';
import { catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';
import { startNatsWithController, type TestNats } from '../../support/nats.ts';
import { checkOf, compileProcess, makeRoot, putConfig } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const shop = createIdentity();
const announcers = { shop: { name: 'shop', key: shop.key, hosts: ['*.example.com'] } };
// An address of this machine alone, and ports that only a test has.
const settings = { router: { http_port: 18080, https_port: 18443 } };
const cluster = withNode(
  clusterWith({ web: ['router'], db: ['redis'] }, { announcers, settings }),
  'web',
  { address: '127.0.44.1' },
);

describe('what is announced over the bus', () => {
  let nats: TestNats;
  let link: NatsConnection;
  let live: Live;
  let followed: AnnouncementsFollowed;
  const log: string[] = [];

  before(async () => {
    const started = await startNatsWithController([
      { kind: 'announcer', id: 'shop', key: shop.key },
    ]);
    nats = started.nats;
    live = createLive();
    takeDocument(live, cluster, 1);
    const { controller: bus, identity } = started;
    const note = (line: string) => log.push(line);
    const intake = { admit: limitsOf };
    const { signal } = new AbortController();
    const store = await openStore(bus, identity.seed);
    await store.createState(cluster, {});
    followed = followAnnouncements({
      ...{ bus, store, live, intake, catalogue, seed: identity.seed, log: note, signal },
    });
    await bus.rtt();
    link = natsOf(await nats.connect('shop', shop));
  });
  after(async () => {
    followed.close();
    await nats.stop();
  });

  const register = (host: string, port: number, uris: string[]) =>
    link.publish('router.register', JSON.stringify({ host, port, uris }));
  const hosts = () => live.announced.map((route) => route.host);

  /** The configuration that the router would load by now; nginx itself has checked it. */
  async function routerConfig(): Promise<string> {
    const version = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1', proof: '' };
    const known = { cluster, version, catalogue, verdicts: NO_VERDICTS, at: NOW };
    const view = viewFor(
      {
        ...known,
        controllerKeys: { controller: 'U', warden: 'UWARDEN' },
        announced: live.announced,
      },
      'web',
    );
    const paths = makeRoot();
    try {
      const spec = await compileProcess(view, 'router', paths);
      const [program = '', ...words] = checkOf(spec, putConfig(spec, paths));
      const { stderr } = await run(program, words);
      assert.doesNotMatch(stderr, /\[(emerg|alert|error)\]/);
      return spec.config!.files.find(({ path }) => path === 'nginx.conf')!.content;
    } finally {
      rmSync(paths.root, { recursive: true });
    }
  }

  it('reaches no router where no request should go, and what is good does', async () => {
    const bad: [string, number][] = [
      ['127.0.0.1', 8080],
      ['169.254.169.254', 80],
      ['224.0.0.1', 80],
      ['255.255.255.255', 80],
      ['10.0.0.1', 4222],
      ['10.0.0.1', 9080],
      ['10.0.0.3', 6379],
      ['127.0.44.1', 18080],
      ['10.0.0.1', 18443],
    ];
    for (const [i, [host, port]] of bad.entries()) register(host, port, [`bad${i}.example.com`]);
    register('10.0.0.9', 8080, ['good.example.com']);
    await until(() => hosts().length > 0, { what: 'the good one is there', seconds: 5 });
    assert.deepEqual(hosts(), ['good.example.com']);
    const config = await routerConfig();
    assert.doesNotMatch(config, /bad\d/);
    const servers = [...config.matchAll(/^\s*server ([\d.:]+)/gm)].map(([, address]) => address);
    assert.deepEqual([...new Set(servers)].sort(), ['10.0.0.1:9080', '10.0.0.9:8080']);
    const [refused] = followed.refused().shop!;
    assert.deepEqual([refused!.reason, refused!.count], ['backend', bad.length]);
    assert.equal(log.length, 1, 'the first is logged at once, the others within a minute');
    assert.match(
      log[0]!,
      /^an announcement of shop is refused: .*bad0\.example\.com at 127\.0\.0\.1/,
    );
  });

  it('is never so much that a router refuses its configuration', async () => {
    for (let i = 0; i < 10; i++) {
      register('10.0.0.9', 9000 + i, numbered(500, `m${i}.example.com`));
    }
    register('10.0.0.9', 9999, ['last.example.com']);
    const counts = () => followed.refused().shop!.find(({ reason }) => reason === 'quota')?.count;
    await until(() => counts() === 4002, { what: 'all are counted', seconds: 10 });
    await until(() => hosts().length === 1000, { what: 'all are shared', seconds: 5 });
    assert.ok(hosts().includes('good.example.com'), 'who was first stays');
    await routerConfig();
  });
});

function numbered(count: number, domain: string): string[] {
  return Array.from({ length: count }, (_, i) => `a${i}.${domain}`);
}
