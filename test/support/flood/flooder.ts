import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Door, frame, openRaw, pour } from './raw-bus.ts';

/** What one process floods with: `flooder.ts FILE`, for so many seconds. */
export type Flood = { seconds: number } & (
  | { kind: 'token' | 'node' | 'announcer' | 'fickle'; who: string; door: Door }
  | { kind: 'reader'; path: string }
);

/** A message of 10 kB counts for eleven of the 200 that an announcer may say in a second. */
const FICKLE_NAMES = 500;
const FICKLE_MS = 150;

const flood = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Flood;
const deadlineMs = performance.now() + flood.seconds * 1000;
// It is on another machine, in truth: it is not to take the processors of those who bear it.
setPriority(10);

if (flood.kind === 'reader') await read(flood.path);
else if (flood.kind === 'fickle') await comeAndGo();
else await Promise.all(framesOf(flood).map((frames) => pour(open, frames, deadlineMs)));
process.exit();

function open() {
  return openRaw((flood as { door: Door }).door);
}

/** Each list on a connection of its own: much, large, and what looks small. */
function framesOf({ kind, who }: { kind: string; who: string }): Buffer[][] {
  const long = gzipSync(JSON.stringify({ id: 'x', params: { node: 'a'.repeat(31_000_000) } }));
  const nested = gzipSync('['.repeat(10_000_000));
  const reply = `kato.reply.${who}.x`;
  const often = (made: Buffer): Buffer[] => Array.from({ length: 100 }, () => made);
  if (kind === 'announcer') {
    const uris = Array.from({ length: 300 }, (_, i) => `app-${i}.example.com`);
    const said = JSON.stringify({ host: '10.0.9.9', port: 80, uris });
    return [often(frame('router.register', said)), [frame('router.register', nested)]];
  }
  const subject = kind === 'token' ? `kato.join.${who}` : `kato.op.${who}.`;
  if (kind === 'token') {
    const asked = JSON.stringify({ id: 'x', params: { tokenId: who } });
    return [often(frame(subject, asked, reply)), [frame(subject, long, reply)]];
  }
  const op = (name: string, body: string | Buffer) => frame(`${subject}${name}`, body, reply);
  const roles = { node: who, roles: ['nothing'], selection: 'named', noStart: false };
  return [
    often(op('status', '{"id":"","params":{"all":true}}')),
    often(op('role.add', JSON.stringify({ id: 'x', params: roles }))),
    often(frame(`kato.heartbeat.${who}`, '{"version":null,"leaving":false}')),
    [op('node.info', long), op('report', nested), op('status', Buffer.alloc(4_000_000, ' '))],
  ];
}

/** Within its rate, and never with a name that was there before. */
async function comeAndGo(): Promise<void> {
  const socket = (await open()).resume();
  for (let first = 0; performance.now() < deadlineMs; first += FICKLE_NAMES) {
    const uris = Array.from({ length: FICKLE_NAMES }, (_, i) => `n${first + i}.example.org`);
    const said = JSON.stringify({ host: '10.0.9.9', port: 80, uris });
    for (const verb of ['register', 'unregister']) socket.write(frame(`router.${verb}`, said));
    await pause(FICKLE_MS);
  }
}

/** Members of the group ask again and again, and some never read what they asked for. */
async function read(path: string): Promise<void> {
  const asked = JSON.stringify({ id: '', operation: 'history', timeoutMs: 5000 });
  const params = ',"params":{"limit":1000,"node":null}}\n';
  while (performance.now() < deadlineMs) {
    for (let i = 0; i < 50; i++) {
      const socket = connect(path).on('error', () => undefined);
      socket.write(`${asked.slice(0, -1)}${params}`);
      if (i % 10 === 0) socket.pause();
      else socket.resume();
    }
    await pause(50);
  }
}
