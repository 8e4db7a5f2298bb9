import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { clusterWith } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { openRaw } from '../../support/flood/raw-bus.ts';
import { CLUSTER_ID } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

const NODES = ['one', 'two', 'three', 'four'];
/** Of each node: with its own that is no more than an identity may have. */
const OPENED = 5;
/** By so many subscriptions a connection gets each answer as many times. */
const TIMES = 2000;
const SUBSCRIPTIONS_MAX = 6000;
/** What the bus may keep for one that does not read, and what it has for itself. */
const PENDING_MB = 16;
const OWN_MB = 200;
const ANSWERED_MS = 2000;

describe('who is told much and reads nothing', function () {
  this.timeout(120_000);
  let here: Controlled;
  const opened: TLSSocket[] = [];

  before(async () => {
    const cluster = clusterWith(Object.fromEntries(NODES.map((name) => [name, ['redis']])));
    here = await startControlled({ ...cluster, id: CLUSTER_ID }, [], { apart: true });
  });
  after(async () => {
    for (const socket of opened) socket.destroy();
    await here?.end();
  });

  it('is cut off before that fills the bus, and an admin is served meanwhile', async () => {
    for (const node of NODES) {
      for (let i = 0; i < OPENED; i++) {
        const socket = (await open(node)).pause();
        socket.write(subscribed(node, TIMES));
        opened.push(socket);
      }
    }
    const all = NODES.length * OPENED;
    const status = (node: string) => here.ask(node, 'status', { all: true });
    let slowestMs = 0;
    await until(
      async () => {
        await Promise.all(NODES.map((node) => status(node).catch(() => null)));
        const beganMs = performance.now();
        await status('core');
        slowestMs = Math.max(slowestMs, performance.now() - beganMs);
        return (await here.nats.log()).split('Slow Consumer').length - 1 >= all;
      },
      { what: `all ${all} are cut off`, seconds: 60 },
    );
    const peakMb = Number(/VmHWM:\s+(\d+) kB/.exec(statusOf(here.nats.pid()))![1]) / 1024;
    const told = `${Math.round(peakMb)} MB, an admin waited ${Math.round(slowestMs)} ms`;
    if (process.env.KATO_TELL !== undefined) console.log(told);
    assert.ok(peakMb < all * PENDING_MB + OWN_MB, told);
    assert.ok(slowestMs < ANSWERED_MS, told);
  });

  it(`has ${SUBSCRIPTIONS_MAX} subscriptions on a connection, and not one more`, async () => {
    const socket = await open('one');
    assert.deepEqual(await errors(socket, subscribed('one', SUBSCRIPTIONS_MAX)), []);
    const [refusal] = await errors(socket, subscribed('one', 1));
    assert.match(refusal ?? '', /maximum subscriptions exceeded/i);
    socket.destroy();
  });

  async function open(node: string): Promise<TLSSocket> {
    const { address, port, ca } = here.nats;
    const identity = here.identities.get(node)!;
    const socket = await openRaw({ address, port, ca, clusterId: CLUSTER_ID, ...identity });
    return socket.on('error', () => socket.destroy());
  }
});

let subscription = 0;

function subscribed(node: string, times: number): string {
  const one = () => `SUB kato.reply.${node}.> ${++subscription}\r\n`;
  return Array.from({ length: times }, one).join('');
}

/** What the server has against it, once it has read all of it. */
async function errors(socket: TLSSocket, said: string): Promise<string[]> {
  let text = '';
  const take = (more: Buffer): void => {
    text += more.toString();
  };
  socket.on('data', take).write(`${said}PING\r\n`);
  await until(() => text.includes('PONG') || socket.destroyed, { what: 'it answers', seconds: 10 });
  socket.off('data', take);
  return text.split('\r\n').filter((line) => line.startsWith('-ERR'));
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
