import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routers, startProxy } from '../../integration/nginx/proxies.ts';
import { end } from '../child.ts';
import { accepts, freePort } from '../ports.ts';
import { until } from '../until.ts';
import { needPackages } from './packages.ts';
import { atLeast, atMost, type Part, row } from './row.ts';
import { median, type Samples, sorted, spread } from './samples.ts';

const ADDRESS = '127.0.9.1';
const ROUNDS = 15;
/** As much as the CPUs give, for how many; and next to nothing, for how long one takes. */
const BUSY = { connections: 32, seconds: 2 };
const LIGHT = { connections: 2, seconds: 1 };
const BODY_BYTES = 1024;

const NAMES = ['kato', 'nginx', 'haproxy'] as const;
type Name = (typeof NAMES)[number];

interface Load {
  perSecond: number;
  p99Ms: number;
}

/** Requests through what kato writes, through nginx tuned by hand for the same, and through haproxy. */
export const proxy: Part = async (tell) => {
  needPackages(['wrk', 'haproxy'], tell);
  const folder = mkdtempSync(join(tmpdir(), 'kato-bench-'));
  const started: ChildProcess[] = [];
  const start = async (port: number, file: string, text: string, argv: string[]) => {
    writeFileSync(join(folder, file), text);
    started.push(spawn(argv[0]!, [...argv.slice(1), join(folder, file)], { stdio: 'ignore' }));
    await until(() => accepts(ADDRESS, port), { what: `${file} accepts`, seconds: 10 });
    return `http://${ADDRESS}:${port}/`;
  };
  const ports = await Promise.all(Array.from({ length: 4 }, () => freePort(ADDRESS)));
  const [one, two, byHand, byHaproxy] = ports as [number, number, number, number];
  const backends = [one, two].map((port) => `${ADDRESS}:${port}`);
  await start(two, 'backends.conf', backendConfig(folder, backends), ['nginx', '-c']);
  const kato = await startProxy('load_balancer', ADDRESS, routers(backends));
  try {
    const urls = {
      kato: `http://${ADDRESS}:${kato.http}/`,
      nginx: await start(byHand, 'nginx.conf', nginxConfig(folder, byHand, backends), [
        'nginx',
        '-c',
      ]),
      haproxy: await start(byHaproxy, 'haproxy.cfg', haproxyConfig(byHaproxy, backends), [
        'haproxy',
        '-f',
      ]),
    };
    tell(`proxy: ${ROUNDS} rounds of ${BUSY.seconds} s and ${LIGHT.seconds} s for each`);
    const loads: Record<Name, Load[]> = { kato: [], nginx: [], haproxy: [] };
    const light: Record<Name, Load[]> = { kato: [], nginx: [], haproxy: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of turned(NAMES, round)) {
        loads[name].push(load(urls[name], BUSY));
        light[name].push(load(urls[name], LIGHT));
      }
    }
    const each = (what: (round: number) => number): Samples =>
      sorted(loads.kato.map((_, round) => what(round)));
    const against = (peer: 'nginx' | 'haproxy'): Samples =>
      each((round) => loads.kato[round]!.perSecond / loads[peer][round]!.perSecond);
    const through = each((round) => loads.kato[round]!.perSecond);
    const slower = each((round) => light.kato[round]!.p99Ms - light.nginx[round]!.p99Ms);
    const [nginx, haproxy] = [against('nginx'), against('haproxy')];
    return [
      row('requests through the load balancer', median(through), '/s', null, spread(through, '/s')),
      row('the same / nginx tuned by hand', median(nginx), '', atLeast(0.98), spread(nginx, '', 2)),
      row('the same / haproxy', median(haproxy), '', atLeast(1), spread(haproxy, '', 2)),
      row(
        'slowest 1 % at a light load, against nginx tuned by hand',
        median(slower),
        ' ms more',
        atMost(0.3, ' ms more'),
        spread(slower, ' ms', 2),
        2,
      ),
    ];
  } finally {
    await kato.service.stop();
    await Promise.all(started.map((child) => end(child, 'SIGTERM')));
    rmSync(folder, { recursive: true });
  }
};

/** Whoever comes first has it otherwise than whoever comes after: each is each in turn. */
function turned(names: readonly Name[], by: number): Name[] {
  const from = by % names.length;
  return [...names.slice(from), ...names.slice(0, from)];
}

function load(url: string, { connections, seconds }: typeof BUSY): Load {
  const argv = ['-t', '1', '-c', `${connections}`, '-d', `${seconds}`, '--latency', url];
  const text = execFileSync('wrk', argv, { encoding: 'utf8' });
  const bad = /Non-2xx.*|Socket errors.*/.exec(text);
  if (bad !== null) throw new Error(`${url}: ${bad[0]}`);
  const [, p99 = '', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const perUnit = { us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN;
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p99Ms: Number(p99) * perUnit,
  };
}

const COMMON = (folder: string, name: string): string => `
daemon off;
worker_processes auto;
worker_rlimit_nofile 65536;
pid ${folder}/${name}.pid;
error_log stderr crit;
events { worker_connections 8192; }`;

const backendConfig = (
  folder: string,
  addresses: string[],
): string => `${COMMON(folder, 'backends')}
http {
  access_log off;
  keepalive_requests 1000000;
  server {
    ${addresses.map((address) => `listen ${address};`).join(' ')}
    location / { return 200 "${'x'.repeat(BODY_BYTES)}"; }
  }
}
`;

/**
 * What somebody who knows nginx would write to do the same: WebSockets, the same headers, none that
 * a client may forge. It believes nobody in front of it, which takes kato a few more variables.
 */
const nginxConfig = (
  folder: string,
  port: number,
  backends: string[],
): string => `${COMMON(folder, 'hand')}
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000;
  map $http_upgrade $upgrade_connection {
    websocket upgrade;
    default "";
  }
  upstream routers {
    zone routers 64k;
    ${backends.map((address) => `server ${address} max_fails=3 fail_timeout=2s;`).join('\n    ')}
    keepalive 64;
    keepalive_requests 100000;
  }
  server {
    listen ${ADDRESS}:${port} backlog=4096;
    location / {
      proxy_pass http://routers;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_socket_keepalive on;
      proxy_buffer_size 16k;
      proxy_buffers 8 16k;
      proxy_next_upstream error timeout;
      proxy_connect_timeout 800ms;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $upgrade_connection;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header Forwarded "";
      proxy_set_header Proxy "";
    }
  }
}
`;

const haproxyConfig = (port: number, backends: string[]): string => `
global
  maxconn 4000
defaults
  mode http
  timeout connect 800ms
  timeout client 60s
  timeout server 60s
  http-reuse always
  option forwardfor
frontend in
  bind ${ADDRESS}:${port}
  default_backend routers
backend routers
  balance roundrobin
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  ${backends.map((address, i) => `server s${i} ${address} check inter 2s`).join('\n  ')}
`;
