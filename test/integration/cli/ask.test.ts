import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAgent } from '../../../src/agent/doors/ask.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

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
      const told = (await asked().catch((error: unknown) => error)) as KatoError;
      assert.equal(told.code, 'TIMEOUT');
      hint(told.next, 'agent/doors/ask.ts: run the command again: it takes effect only once');
      server.removeAllListeners('connection');
      server.on('connection', (socket) => socket.on('data', () => socket.end('{"ok":7}\n')));
      assert.equal(await asked(), 7);
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

  it('is told as one that starts while s6 has started it and it does not listen yet', async () => {
    mkdirSync(paths.state, { recursive: true });
    writeFileSync(`${paths.state}/identity.json`, '{"nodeId":"n1"}');
    const folder = `${paths.service}/agent`;
    mkdirSync(`${paths.service}/.s6-svscan`, { recursive: true });
    mkdirSync(folder);
    writeFileSync(`${folder}/run`, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    writeFileSync(`${folder}/notification-fd`, '3\n');
    const control = `${paths.service}/.s6-svscan/control`;
    execFileSync('mkfifo', [control]);
    const supervision = openSync(control, 'r+');
    const supervisor = spawn('s6-supervise', [folder], { stdio: 'ignore' });
    try {
      await until(() => execFileSync('s6-svstat', ['-o', 'up', folder]).includes('true'), {
        what: 'it is started',
        seconds: 10,
      });
      const told = (await asked().catch((error: unknown) => error)) as KatoError;
      assert.equal(told.message, 'the agent of this node is starting');
      const listed =
        'agent/doors/ask.ts: run it again in a moment; if that does not help, see ${paths.log}/agent/current';
      assert.equal(hint(told.next, listed).values[0], paths.log);
      // It ended and is not wanted: nothing starts any more.
      execFileSync('s6-svc', ['-wD', '-d', folder]);
      await assert.rejects(asked(), { message: 'the agent of this node is not listening' });
    } finally {
      execFileSync('s6-svc', ['-xd', folder]);
      await once(supervisor, 'exit');
      closeSync(supervision);
    }
  });
});
