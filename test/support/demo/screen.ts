import { transcript } from '../lab/command.ts';
import type { Lab } from '../lab/lab.ts';

export interface Screen {
  say(line: string): void;
  h(number: number): {
    /**
     * Types a line on a host and shows it with what it said: all, or what was achieved alone.
     * Resolves with its stdout; rejects when it fails.
     */
    run(line: string, options?: Shown): Promise<string>;
  };
}

interface Shown {
  all?: boolean;
  /** Goes into the environment and is shown cut off. */
  token?: string;
  quiet?: boolean;
}

const TOKEN_SHOWN = 12;

/** The demo as a person at five terminals would see it. */
export function screen(lab: Lab): Screen {
  const say = (line: string): void => console.log(line);
  return {
    say,
    h: (number) => ({
      run: async (line, { all = false, token, quiet = false } = {}) => {
        const shown = token === undefined ? '' : `KATO_TOKEN=${token.slice(0, TOKEN_SHOWN)}... `;
        say(`h${number}$ ${shown}${line}`);
        const env = token === undefined ? {} : { KATO_TOKEN: token };
        const result = await lab.host(number).run(['sh', '-c', line], { env });
        if (result.exitCode !== 0) {
          throw new Error(`this failed on h${number}: ${line}\n${transcript(result)}`);
        }
        if (!quiet) for (const said of linesOf(result.stdout, all)) say(`    ${said}`.trimEnd());
        return result.stdout;
      },
    }),
  };
}

/** The first paragraph without its notes: the rest is about what to do next. */
function linesOf(stdout: string, all: boolean): string[] {
  const lines = stdout.trimEnd().split('\n');
  if (all) return lines;
  const end = lines.indexOf('');
  return lines.slice(0, end < 0 ? lines.length : end).filter((line) => !line.startsWith('note: '));
}
