import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Run on a host: `questions.ts JSON` with this. Asks each data service over one connection, postgresql
 * so that it says much in its log; goes on until SIGTERM, then prints `Answers`.
 */
export interface QuestionOptions {
  address: string;
  passwords: { redis: string; postgresql: string };
  /** Of each service. */
  perSecond: number;
}

/** By service. An answer that is not the right one, or takes longer than five seconds, is none. */
export type Answers = Record<string, { asked: number; failed: number }>;

/** Answers with a line. */
type Ask = (question: string) => Promise<string>;

const ANSWER_LIMIT_MS = 5000;
/** It fails, and postgresql logs it as it is. */
const LONG = `select '${'x'.repeat(4000)}' where 1 / 0 = 1;`;

const options = JSON.parse(process.argv[2] ?? '') as QuestionOptions;
const { address, passwords, perSecond } = options;
const redis = openSocket(6379);
const memcached = openSocket(11211);
const postgresql = openPsql();
await redis(`auth ${passwords.redis}`);
await memcached('set n 0 0 1\r\n0');

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
const answers: Answers = {};
const all = Promise.all([
  askOn('redis', redis, 'incr n', (n) => `:${n}`),
  askOn('memcached', memcached, 'incr n 1', String),
  askOn('postgresql', postgresql, `${LONG} select 'yes';`, () => 'yes'),
]);
console.log('ready');
await all;
process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit());

async function askOn(
  name: string,
  ask: Ask,
  question: string,
  right: (asked: number) => string,
): Promise<void> {
  const count = { asked: 0, failed: 0 };
  answers[name] = count;
  while (!ending.signal.aborted) {
    count.asked++;
    const answer = await Promise.race([ask(question), pause(ANSWER_LIMIT_MS, 'none')]);
    if (answer !== right(count.asked)) count.failed++;
    await pause(1000 / perSecond, null, { signal: ending.signal }).catch(() => null);
  }
}

function openSocket(port: number): Ask {
  const socket = connect(port, address);
  return asking(socket, socket);
}

function openPsql(): Ask {
  const env = { ...process.env, PGPASSWORD: passwords.postgresql };
  const stdio = ['pipe', 'pipe', 'ignore'] as const;
  const words = ['-h', address, '-U', 'postgres', '-Atq'];
  const { stdin, stdout } = spawn('psql', words, { env, stdio: [...stdio] });
  return asking(stdin!, stdout!);
}

function asking(to: Writable, from: Readable): Ask {
  const lines = createInterface(from)[Symbol.asyncIterator]();
  return async (question) => {
    to.write(`${question}\r\n`);
    return String((await lines.next()).value);
  };
}
