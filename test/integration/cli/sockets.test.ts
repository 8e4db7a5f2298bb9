import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type SocketRequest, serveSockets } from '../../../src/agent/doors/sockets.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { hint } from '../../support/said/hint.ts';
import { spoiled, spoiledText } from '../../support/spoiling.ts';
import { until } from '../../support/until.ts';

const TALK_MS = 1000;
const INPUTS = 10_000;
const SEED = 20261126;

describe('the sockets of an agent', () => {
  let paths: Paths;
  let served: { close(): void };
  let asked: SocketRequest[];
  let answer: (request: SocketRequest) => Promise<Json>;

  beforeEach(async () => {
    paths = pathsOf(mkdtempSync(join(tmpdir(), 'kato-sockets-')));
    asked = [];
    answer = async () => 'well';
    const note = (request: SocketRequest): Promise<Json> => {
      asked.push(request);
      return answer(request);
    };
    served = await serveSockets(paths, note, TALK_MS);
  });
  afterEach(() => {
    served.close();
    rmSync(paths.root, { recursive: true });
  });

  const request = (changes: object = {}) =>
    JSON.stringify({ id: '', operation: 'status', params: {}, timeoutMs: 1000, ...changes });

  /** All that comes back until the other side ends it. */
  async function said(path: string, text: string, { half = false } = {}): Promise<string> {
    const socket = connect({ path, allowHalfOpen: true });
    socket.on('error', () => undefined);
    if (half) socket.end(text);
    else socket.write(text);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    socket.once('end', () => socket.end());
    await new Promise((resolve) => socket.once('close', resolve));
    return heard;
  }

  const codeOf = (text: string): string => JSON.parse(text).error?.code ?? 'ok';

  it(`answer or end whatever is said to them, ${INPUTS} times`, async () => {
    const right = { id: 'x', operation: 'status', params: { all: true }, timeoutMs: 1000 };
    const line = fc.oneof(
      spoiled(right).map((given) => JSON.stringify(given)),
      spoiledText(JSON.stringify(right)),
    );
    const batches = fc.array(fc.tuple(fc.boolean(), line), { minLength: 20, maxLength: 20 });
    const property = fc.asyncProperty(batches, async (batch) => {
      const answers = await Promise.all(
        batch.map(([reads, given]) =>
          said(reads ? paths.readSocket : paths.socket, `${given}\n`, { half: true }),
        ),
      );
      for (const text of answers.filter((one) => one !== '')) {
        assert.ok(['ok', 'USAGE', 'NOT_ALLOWED', 'BUSY'].includes(codeOf(text)), text);
        assert.ok(!/\\n {4}at /.test(text), text);
      }
      assert.equal(await said(paths.socket, `${request()}\n`), '{"ok":"well"}\n');
    });
    await fc.assert(property, { seed: SEED, numRuns: INPUTS / 20, endOnFailure: true });
    assert.ok(asked.length > INPUTS / 20);
    for (const one of asked) assert.match(one.operation, /^[a-z][a-z.-]*$/);
  });

  it('answer who has closed his side, with a line or without its end', async () => {
    assert.equal(await said(paths.socket, `${request()}\n`, { half: true }), '{"ok":"well"}\n');
    assert.equal(await said(paths.socket, request(), { half: true }), '{"ok":"well"}\n');
    assert.equal(await said(paths.socket, '', { half: true }), '');
    assert.equal(await said(paths.readSocket, `${request()}\n`), '{"ok":"well"}\n');
  });

  it('take nothing but a request of some length', async () => {
    for (const wrong of [
      '{',
      'null',
      '[]',
      request({ id: 'x'.repeat(65) }),
      request({ id: 'a b' }),
      request({ operation: 'a'.repeat(65) }),
      request({ operation: 'a.b.>' }),
      request({ timeoutMs: 1e9 }),
      request({ timeoutMs: 0 }),
      request().replace('1000', '1e999'),
    ]) {
      assert.equal(codeOf(await said(paths.socket, `${wrong}\n`)), 'USAGE', wrong);
    }
    const large = request({ params: 'x'.repeat(100_000) });
    assert.equal(await said(paths.readSocket, `${large}\n`), '');
    assert.equal(codeOf(await said(paths.socket, `${large}\n`)), 'ok');
    assert.equal(asked.length, 1);
  });

  it('cut off who does not say all, and who does not read', async () => {
    assert.equal(await said(paths.readSocket, '{"id":'), '');
    answer = async () => 'x'.repeat(10_000_000);
    const deaf: Socket = connect(paths.readSocket);
    deaf.on('error', () => undefined).write(`${request()}\n`);
    deaf.pause();
    await until(() => asked.length > 0, { what: 'it is answered', seconds: 5 });
    const beganMs = performance.now();
    await until(
      () => {
        if (performance.now() - beganMs > TALK_MS) deaf.resume();
        return deaf.destroyed;
      },
      { what: 'it is cut off', seconds: 5 },
    );
    assert.ok(deaf.bytesRead < 10_000_000, 'not all of the answer was kept for it');
  });

  it('take no connection more than so many, and the group takes none of root', async () => {
    served.close();
    served = await serveSockets(paths, async () => 'well', 60_000);
    const opened: Socket[] = [];
    for (const [path, max] of [
      [paths.readSocket, 100],
      [paths.socket, 200],
    ] as const) {
      // Root is served although the group has all that it may have.
      assert.equal(await said(paths.socket, `${request()}\n`), '{"ok":"well"}\n');
      const idle = Array.from({ length: max }, () => connect(path).on('error', () => undefined));
      await Promise.all(idle.map((socket) => once(socket, 'connect')));
      assert.equal(await said(path, `${request()}\n`), '', `${max + 1} at ${path}`);
      assert.deepEqual(
        idle.filter(({ destroyed }) => destroyed),
        [],
      );
      opened.push(...idle);
    }
    for (const socket of opened) socket.destroy();
    const isServed = async () => (await said(paths.socket, `${request()}\n`)) !== '';
    await until(isServed, { what: 'there is room again', seconds: 5 });
  });

  it('do no more for members of the group than the node asks, and root is served meanwhile', async () => {
    const held = Promise.withResolvers<Json>();
    answer = ({ id }) => (id === 'root' ? Promise.resolve('root') : held.promise);
    const codes: string[] = [];
    const hints = new Set<string>();
    const flood = Array.from({ length: 60 }, async () => {
      const text = await said(paths.readSocket, `${request()}\n`);
      codes.push(codeOf(text));
      if (codeOf(text) === 'BUSY') hints.add(JSON.parse(text).error.next);
    });
    await until(() => codes.length === 44, { what: 'the others are told so', seconds: 5 });
    assert.deepEqual([asked.length, new Set(codes)], [16, new Set(['BUSY'])]);
    const root = await said(paths.socket, `${request({ id: 'root' })}\n`);
    assert.equal(root, '{"ok":"root"}\n');
    held.resolve('well');
    await Promise.all(flood);
    assert.equal(codes.filter((code) => code === 'ok').length, 16);
    const [next, ...others] = hints;
    hint(next, 'agent/doors/sockets.ts: try again in a moment, or run the command as root');
    assert.deepEqual(others, []);
    await until(async () => (await said(paths.readSocket, `${request()}\n`)).includes('ok'), {
      what: 'a member of the group is answered again',
      seconds: 10,
    });
    const change = await said(paths.readSocket, `${request({ operation: 'role.add' })}\n`);
    assert.equal(codeOf(change), 'NOT_ALLOWED');
  });
});
