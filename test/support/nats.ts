import { execFile, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Handlebars from 'handlebars';
import type { Bus, BusOptions } from '../../src/bus/bus.ts';
import { connectBus } from '../../src/bus/connection.ts';
import { createIdentity, type Identity } from '../../src/bus/identity.ts';
import { CONTROLLER } from '../../src/bus/subjects.ts';
import { busUsersValues } from '../../src/domain/access/bus-permissions.ts';
import type { Cluster } from '../../src/domain/document/cluster.ts';
import type { BusUser } from '../../src/domain/views/view.ts';
import { clusterWith } from './clusters.ts';
import { accepts, freePort } from './ports.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const TEMPLATES = new URL('../../templates/nats-server/', import.meta.url);

export const CLUSTER_ID = 'c1';

/** A real nats-server in a folder of its own, with the product's templates. */
export interface TestNats {
  address: string;
  port: number;
  folder: string;
  ca: string;
  /** SHA-256 of the certificate authority: lower-case hex. */
  fingerprint: string;
  pid(): number;
  start(): Promise<void>;
  /** By signal to its pid; resolves when it is gone. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Checks and puts the users in force by HUP. */
  reload(users: BusUser[]): Promise<void>;
  /** The same with what lies in the folder. */
  hangUp(): Promise<void>;
  /** The server's log so far. */
  log(): Promise<string>;
  connect(who: string, identity: Identity, more?: Partial<BusOptions>): Promise<Bus>;
  /** Closes all connections made here, ends the server and deletes the folder. */
  stop(): Promise<void>;
}

export async function startNats(users: BusUser[]): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'kato-nats-'));
  const port = await freePort();
  const monitorPort = await freePort();
  const address = '127.0.0.1';
  const logFile = join(folder, 'log');
  const environment = {
    KATO_BUS_CRT: join(folder, 'bus.crt'),
    KATO_BUS_KEY: join(folder, 'bus.key'),
  };
  const buses: Bus[] = [];
  let child: ReturnType<typeof spawn> | null = null;

  await mkdir(join(folder, 'data'));
  const fingerprint = await makeCertificates(folder);
  const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
  await render('nats.conf', folder, {
    address,
    port,
    local: address,
    monitorPort,
    dataFolder: join(folder, 'data'),
    clusterId: CLUSTER_ID,
  });

  const nats: TestNats = {
    address,
    port,
    folder,
    ca,
    fingerprint,
    pid: () => child!.pid!,
    async start() {
      const argv = ['-c', join(folder, 'nats.conf'), '-l', logFile];
      child = spawn('nats-server', argv, {
        env: { ...process.env, ...environment },
        stdio: 'ignore',
      });
      await until(() => accepts(address, port), { what: 'nats-server listens', seconds: 10 });
    },
    async end(signal = 'SIGKILL') {
      const ending = child!;
      child = null;
      const gone = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await gone;
    },
    async reload(newUsers) {
      await render('users.conf', folder, busUsersValues(newUsers));
      await nats.hangUp();
    },
    async hangUp() {
      await run('nats-server', ['-t', '-c', join(folder, 'nats.conf')], {
        env: { ...process.env, ...environment },
      });
      const reloads = count(await nats.log(), 'Reloaded server configuration');
      child!.kill('SIGHUP');
      await until(async () => count(await nats.log(), 'Reloaded server configuration') > reloads, {
        what: 'nats-server took the new users',
        seconds: 10,
      });
    },
    log: () => readFile(logFile, 'utf8'),
    async connect(who, identity, more = {}) {
      const bus = await connectBus({
        address,
        port,
        ca,
        clusterId: CLUSTER_ID,
        name: who,
        identity: { who, ...identity },
        ...more,
      });
      buses.push(bus);
      return bus;
    },
    async stop() {
      await Promise.all(buses.map((bus) => bus.close()));
      if (child !== null) await nats.end();
      await rm(folder, { recursive: true, force: true });
    },
  };

  await render('users.conf', folder, busUsersValues(users));
  await nats.start();
  return nats;
}

/** A server with one controller, connected. */
export async function startNatsWithController(others: BusUser[] = []) {
  const identity = createIdentity();
  const controllerUser: BusUser = { kind: 'controller', key: identity.key };
  const nats = await startNats([controllerUser, ...others]);
  return { nats, identity, controllerUser, controller: await nats.connect(CONTROLLER, identity) };
}

/** A document of nothing but its revision. */
export function clusterAt(revision: number, endpoint = 'api.example.com'): Cluster {
  return clusterWith({}, { revision, endpoint, nodes: {} });
}

async function render(name: string, folder: string, view: object): Promise<void> {
  const source = await readFile(new URL(name, TEMPLATES), 'utf8');
  const template = Handlebars.compile(source, { strict: true, noEscape: true });
  await writeFile(join(folder, name), template(view));
}

/** bus.crt (leaf and authority), bus.key and ca.crt; the fingerprint of the authority. */
async function makeCertificates(folder: string): Promise<string> {
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const name = `bus.${CLUSTER_ID}`;
  await run('openssl', [
    ...['req', '-x509', ...key, '-subj', '/CN=kato test'],
    ...['-keyout', file('ca.key'), '-out', file('ca.crt')],
  ]);
  await run('openssl', [
    ...['req', '-x509', ...key, '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-CA', file('ca.crt'), '-CAkey', file('ca.key')],
    ...['-keyout', file('bus.key'), '-out', file('leaf.crt')],
  ]);
  const ca = await readFile(file('ca.crt'), 'utf8');
  await writeFile(file('bus.crt'), (await readFile(file('leaf.crt'), 'utf8')) + ca);
  return new X509Certificate(ca).fingerprint256.replaceAll(':', '').toLowerCase();
}

const count = (text: string, part: string): number => text.split(part).length - 1;
