import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ERROR_CODES,
  type ErrorCode,
  type ErrorRecord,
} from '../../src/domain/base/error-codes.ts';
import {
  assertClean,
  attach,
  coreOn,
  ENDPOINT,
  nodeOn,
  settled,
  statusOf,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { sectionsOf, told } from '../support/error-page.ts';
import { RUN_LIMIT_MS } from '../support/lab/command.ts';
import type { Host } from '../support/lab/host.ts';
import { CHECKOUT } from '../support/lab/store.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

const PAGE = readFileSync(join(CHECKOUT, 'docs/reference/errors.md'), 'utf8');

/** Who looks for a core knows after 5 s. */
const UNREACHABLE = '5';
const UNREACHABLE_MS = 5000;

describe('docs/reference/errors.md', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);
  const tokens: Record<string, string> = {};
  let known: unknown;

  before('a core, a node, a machine in no cluster, and another core', async () => {
    await Promise.all([coreOn(host(1)), coreOn(host(4), 'api.example.org')]);
    await attach(host(2), host(1), 'redis');
    tokens.TOKEN = await tokenFrom(host(1), '--uses 100');
    tokens.EXPIRED = await tokenFrom(host(1), '--ttl 1s');
    tokens.ROUTER = await tokenFrom(host(1), '--roles router');
    tokens.FOREIGN = await tokenFrom(host(4));
    tokens.USED = await tokenFrom(host(1));
    await attach(host(3), host(1), '', tokens.USED);
    await host(3).kato('node', 'detach');
    const revoked = await typed(host(1), 'kato token create --json');
    const { id, token } = JSON.parse(revoked) as { id: string; token: string };
    tokens.REVOKED = token;
    await typed(host(1), `kato token revoke ${id}`);
  });

  it('names every code with its exit code', () => {
    const listed = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| (\d) \|/gm)];
    assert.deepEqual(
      Object.fromEntries(listed.map(([, code, exit]) => [code, Number(exit)])),
      ERROR_CODES,
    );
  });

  for (const [title, rows] of sectionsOf(PAGE)) {
    describe(title, () => {
      const world = () => WORLDS[title]!;
      let undo = async (): Promise<unknown> => undefined;
      before(async function () {
        const { prepare, on } = world();
        if (prepare !== undefined && lab.kind === 'plain') this.skip();
        undo = (await prepare?.(host(on))) ?? undo;
        known = await facts(host(1));
      });
      after(() => undo());

      for (const row of rows) {
        it(row.input, async () => {
          const at = host(world().on);
          const line = row.input.replaceAll('10.0.0.', at.address.replace(/\d+$/, ''));
          const { exitCode, stdout, stderr } = await type(at, `${line} --json`, {
            env: tokens,
            timeoutMs: row.exit === UNREACHABLE ? UNREACHABLE_MS : RUN_LIMIT_MS,
          });
          assert.equal(String(exitCode), row.exit, stdout + stderr);
          const { code, message, why } = errorIn(stdout);
          const said = [message, why].filter(Boolean).join('; ');
          assert.equal(code, row.code, said);
          assert.match(
            said.replaceAll(at.address.replace(/\d+$/, ''), '10.0.0.'),
            told(row.message),
          );
          await STATES[row.state]!(host(1), at, known);
        });
      }
    });
  }
});

/** The first host is the core, the second a node, the third in no cluster. */
const WORLDS: Record<
  string,
  { on: number; prepare?: (host: Host) => Promise<() => Promise<unknown>> }
> = {
  'On the core': { on: 1 },
  'On a node that is not an admin': { on: 2 },
  'On a machine that is in no cluster': { on: 3 },
  'Where another program has the port': {
    on: 3,
    prepare: (host) => listening(host, 6379, ''),
  },
  'Where another program answers as the bus': {
    on: 3,
    prepare: (host) => listening(host, 4222, 'socket.end("220 mail\\r\\n")'),
  },
  'Where nginx refuses its configuration': {
    on: 1,
    prepare: async (host) => {
      await typed(host, `cp /etc/passwd /root && sed -i '/^www-data:/d' /etc/passwd`);
      return () => typed(host, 'mv /root/passwd /etc && kato config del router client_timeout');
    },
  },
  'Where the data of a role is missing': {
    on: 2,
    prepare: async (host) => {
      const folder = '/var/lib/kato/data/redis';
      await typed(host, `mv ${folder} /root/redis`);
      return async () => {
        await typed(host, `mv /root/redis ${folder}`);
        await settled(host);
      };
    },
  },
  'Where the disk is full': {
    on: 3,
    prepare: (host) => mounted(host, '-o size=4k', 'head -c 4096 /dev/zero >/var/lib/kato/full'),
  },
  'Where the disk is read-only': { on: 3, prepare: (host) => mounted(host, '-o ro', 'true') },
  'Where kato has another version': {
    on: 3,
    prepare: (host) => otherKato(host, `s/"version": "[^"]*"/"version": "9.9.9"/`, 'package.json'),
  },
  'Where a role file has a mistake': {
    on: 3,
    prepare: (host) => otherKato(host, 's/^summary/sumary/', 'roles/redis.yml'),
  },
  'Where a package is not available': {
    on: 3,
    prepare: async (host) => {
      await typed(host, 'rm -rf /etc/apt/sources.list*');
      return otherKato(host, 's/redis-server]/no-such-package]/', 'roles/redis.yml');
    },
  },
  'Where a template has a mistake': {
    on: 3,
    prepare: async (host) => {
      const undo = await otherKato(host, '1i {{nothing}}', 'templates/redis/redis.conf');
      return async () => {
        await host.kato('node', 'detach');
        await undo();
      };
    },
  },
};

/** What `State after` promises. */
const STATES: Record<string, (core: Host, at: Host, before: unknown) => Promise<void>> = {
  unchanged: async (core, _at, before) => assert.deepEqual(await facts(core), before),
  'in no cluster': async (core, at, before) => {
    await assertClean(at);
    assert.deepEqual(await facts(core), before);
  },
  'attached, the role failed': async (core, at) => {
    const { roles, error } = await nodeOn(at, core);
    assert.deepEqual(
      roles.map(({ name, state }) => [name, state]),
      [
        ['base', 'running'],
        ['redis', 'failed'],
      ],
    );
    assert.equal(error?.step, 'compile redis');
  },
  'nothing was made anew': async (core, at) => {
    const { error } = await nodeOn(at, core);
    assert.deepEqual([error?.step, error?.code], ['find-data redis', 'DATA_MISSING']);
    assert.equal((await type(at, 'ls /var/lib/kato/data/redis')).stdout, '');
  },
  'written, the old config live': async (core) => {
    const { error } = await nodeOn(core);
    assert.deepEqual([error?.step, error?.code], ['write-config router', 'CONFIG_REFUSED']);
    const config = '/var/lib/kato/config/router';
    assert.equal(
      await typed(core, `readlink -f ${config}/loaded`),
      await typed(core, `readlink -f ${config}/current`),
    );
    const url = `http://${core.address}/v1/info`;
    assert.match(await typed(core, `curl -sf -H 'Host: ${ENDPOINT}' ${url}`), /"cluster"/);
  },
};

async function facts(core: Host) {
  const { cluster, nodes } = await statusOf(core);
  return { cluster, nodes: nodes.map(({ id, roles }) => ({ id, roles })) };
}

function errorIn(stdout: string): ErrorRecord & { code: ErrorCode } {
  return (JSON.parse(stdout) as { error: ErrorRecord }).error;
}

/** Another program at a port of the host. */
async function listening(host: Host, port: number, does: string): Promise<() => Promise<unknown>> {
  const script = `require('node:net').createServer((socket) => {${does}}).listen(${port}, () => console.log('up'))`;
  const listener = host.spawn([process.execPath, '-e', script]);
  await until(() => listener.stdout === 'up\n', { what: 'it listens', seconds: 5 });
  return () => listener.kill();
}

/** A disk of its own for what kato keeps. */
async function mounted(host: Host, options: string, then: string): Promise<() => Promise<unknown>> {
  const folder = '/var/lib/kato';
  await typed(host, `mkdir -p ${folder} && mount -t tmpfs ${options} tmpfs ${folder} && ${then}`);
  return () => typed(host, `umount ${folder}`);
}

/** Another kato on the host, in which `sed` has changed a file. */
async function otherKato(
  host: Host,
  script: string,
  file: string,
): Promise<() => Promise<unknown>> {
  const link = '/usr/local/bin/kato';
  const copied = 'bin src roles templates package.json';
  await typed(host, 'rm -rf /opt/kato && mkdir -p /opt/kato');
  await typed(host, `cd ${CHECKOUT} && cp -r ${copied} /opt/kato`);
  await typed(host, `ln -s ${CHECKOUT}/runtime ${CHECKOUT}/node_modules /opt/kato`);
  await typed(host, `sed -i '${script}' /opt/kato/${file} && ln -sfn /opt/kato/bin/kato ${link}`);
  return () => typed(host, `ln -sfn ${CHECKOUT}/bin/kato ${link}`);
}
