import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAgent } from '../../../src/agent/ask.ts';
import { type Paths, pathsOf } from '../../../src/domain/paths.ts';

describe('an agent that ends while it is asked', () => {
  let root: string;
  let paths: Paths;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kato-ask-'));
    paths = pathsOf(root);
    mkdirSync(paths.run, { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const asked = () =>
    askAgent(paths, { id: '', operation: 'status', params: null, timeoutMs: 1000 });

  for (const [when, part] of [
    ['before it answers', ''],
    ['in the middle of its answer', '{"ok":{"nodes":['],
  ] as const) {
    it(`${when} is told as one that did not answer`, async () => {
      const path = process.getuid?.() === 0 ? paths.socket : paths.readSocket;
      const server = createServer((socket) => socket.on('data', () => socket.end(part)));
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await assert.rejects(asked(), { code: 'TIMEOUT' });
      server.close();
    });
  }

  it('by closing on a request is not told as a machine without one', async () => {
    const path = process.getuid?.() === 0 ? paths.socket : paths.readSocket;
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const params = 'x'.repeat(5_000_000);
    const large = askAgent(paths, { id: '', operation: 'status', params, timeoutMs: 1000 });
    await assert.rejects(large, { code: 'TIMEOUT' });
    server.close();
  });

  it('is none once it has ended', async () => {
    await assert.rejects(asked(), { code: 'NOT_SET_UP' });
  });

  it('is waited for where s6 runs and is about to start it', async () => {
    const control = `${paths.service}/.s6-svscan/control`;
    mkdirSync(`${paths.service}/.s6-svscan`, { recursive: true });
    execFileSync('mkfifo', [control]);
    const supervision = openSync(control, 'r+');
    const path = process.getuid?.() === 0 ? paths.socket : paths.readSocket;
    const server = createServer((socket) => socket.on('data', () => socket.end('{"ok":7}\n')));
    setTimeout(() => server.listen(path), 200);
    assert.equal(await asked(), 7);
    server.close();
    closeSync(supervision);
  });

  it('is told to be started by boot on a node that was halted', async () => {
    mkdirSync(paths.state, { recursive: true });
    writeFileSync(`${paths.state}/identity.json`, '{"nodeId":"n1"}');
    await assert.rejects(asked(), { code: 'NOT_SET_UP', next: 'kato node boot' });
  });
});
