import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

/** A real terminal, with a program in it that a person types to. */
export interface Terminal {
  /** As a person does: letters are typed, `C-c`, `Tab` or `Enter` are pressed. */
  type(letters: string): void;
  press(...keys: string[]): void;
  /** What is to be seen now, with colours as `<green>active</>`. */
  painted(): string;
  /** What is to be seen now, and what was scrolled away before it. */
  seen(): string;
  scrolledAway(): string;
  /** Lines that were longer than the terminal is wide, and that it broke itself. */
  broken(): string[];
  /** All that programs have written to it since it was opened. */
  written(): string;
  resize(columns: number, rows: number): void;
  /** Waits until something is to be seen. */
  shows(what: string | RegExp, seconds?: number): Promise<string>;
  close(): void;
}

const SHOWN_WITHIN_SECONDS = 20;
const LIMIT_SECONDS = 300;

export function terminal(options: {
  columns: number;
  rows: number;
  command: string[];
  env?: Record<string, string>;
}): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'kato-terminal-'));
  const config = join(folder, 'conf');
  const raw = join(folder, 'raw');
  writeFileSync(raw, '');
  writeFileSync(
    config,
    ['status off', 'default-terminal screen-256color', 'escape-time 0']
      .map((option) => `set -g ${option}\n`)
      .join(''),
  );
  const tmux = (...argv: string[]): string =>
    execFileSync('tmux', ['-u', '-S', join(folder, 'socket'), '-f', config, ...argv], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const { columns, rows, command, env = {} } = options;
  const size = ['-x', String(columns), '-y', String(rows)];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // The program waits until what it writes is also written down, and does not outlive a lost test.
  const limit = ['timeout', '--foreground', String(LIMIT_SECONDS)];
  const held = ['sh', '-c', 'read go; exec "$@"', 'sh', 'env', ...variables, ...limit, ...command];
  tmux('new-session', '-d', ...size, ...held);
  tmux('pipe-pane', '-o', `cat > ${raw}`);
  tmux('send-keys', 'Enter');
  const capture = (...argv: string[]): string =>
    `${tmux('capture-pane', '-p', ...argv).trimEnd()}\n`;

  return {
    type: (letters) => void tmux('send-keys', '-l', '--', letters),
    press: (...keys) => void tmux('send-keys', ...keys),
    painted: () => readable(capture('-e')),
    seen: () => capture(),
    scrolledAway: () => capture('-S', '-', '-E', '-1'),
    broken: () => {
      const seen = new Set(capture().split('\n'));
      // With -J they are whole again, and no line loses its spaces.
      const whole = capture('-J').split('\n');
      return whole.map((line) => line.trimEnd()).filter((line) => !seen.has(line));
    },
    written: () => readFileSync(raw, 'utf8'),
    resize: (x, y) => void tmux('resize-window', '-x', String(x), '-y', String(y)),
    shows: (what, seconds = SHOWN_WITHIN_SECONDS) => {
      let last = '';
      return until(
        () => {
          last = capture();
          const isShown = typeof what === 'string' ? last.includes(what) : what.test(last);
          return isShown ? last : undefined;
        },
        { what: `the terminal shows ${what}`, seconds },
      ).catch((error: unknown) => {
        throw new Error(`it shows\n${last}`, { cause: error });
      });
    },
    close: () => {
      tmux('kill-server');
      rmSync(folder, { recursive: true });
    },
  };
}

const LOOKS: Record<string, string> = {
  1: 'bold',
  2: 'dim',
  4: 'underlined',
  31: 'red',
  32: 'green',
  33: 'yellow',
};
const ENDS = new Set(['', '0', '22', '24', '39', '49']);

const COLOUR = new RegExp(`(${'\x1b'}\\[[\\d;]*m)`);

/** Escapes as words, line by line: versions of tmux write the same colours in different ways. */
function readable(text: string): string {
  let look = '';
  const lines = text.split('\n').map((line) =>
    line
      .split(COLOUR)
      .map((part, at) => {
        if (at % 2 === 0) return part === '' || look === '' ? part : `${look}${part}</>`;
        for (const code of part.slice(2, -1).split(';')) {
          look = ENDS.has(code) ? '' : `${look}<${LOOKS[code] ?? code}>`;
        }
        return '';
      })
      .join(''),
  );
  return lines.join('\n');
}
