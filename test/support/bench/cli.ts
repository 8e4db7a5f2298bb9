import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { attach } from './attach.ts';
import { change } from './change.ts';
import { logs } from './logs.ts';
import { proxy } from './proxy.ts';
import { rest } from './rest.ts';
import { type Part, type Row, tableLines } from './row.ts';
import { scale } from './scale.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { traffic } from './traffic.ts';
import { units } from './units.ts';

/** `scripts/bench [PART]...` */
const PARTS: Record<string, Part> = {
  start,
  status,
  scale,
  change,
  attach,
  proxy,
  traffic,
  units,
  logs,
  rest,
};
const DOCUMENT = join(import.meta.dirname, '../../../docs/reference/benchmarks.md');

process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  const wanted = words.length === 0 ? Object.keys(PARTS) : words;
  const unknown = wanted.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    console.error(`bench: there is no part '${unknown}': ${Object.keys(PARTS).join(', ')}`);
    return 2;
  }
  const sections: string[] = [];
  let failed = 0;
  for (const name of wanted) {
    const lines = await section(name).catch((error: Error) => {
      failed++;
      console.error(error);
      return [`## ${name}`, '', `It could not be measured: ${error.message.split('\n')[0]}`, ''];
    });
    console.log(lines.join('\n'));
    sections.push(...lines);
  }
  if (words.length === 0) writeFileSync(DOCUMENT, [...head(), ...sections].join('\n'));
  return failed > 0 ? 1 : 0;
}

async function section(name: string): Promise<string[]> {
  const rows: Row[] = await PARTS[name]!((line) => console.error(`bench: ${line}`));
  return [`## ${name}`, '', ...tableLines(rows), ''];
}

function head(): string[] {
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    '# Benchmarks',
    '',
    'Written by `scripts/bench`, which measures kato and its peers in one run: compare the ratios, and',
    'not the times with those of another machine. Values are medians; a note tells how far the middle',
    'half of the samples lies apart.',
    '',
    `This run: ${new Date().toISOString().slice(0, 10)}, ${cpus().length} CPUs (${cpus()[0]?.model ?? 'unknown'}), ${memory} GB, Node ${process.version}.`,
    '',
  ];
}
