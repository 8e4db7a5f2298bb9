import { printable } from '../../domain/base/printable.ts';
import { type Phase, runPhases } from '../../operations/local/phases.ts';
import { canRedraw } from '../input/terminal.ts';
import { note } from '../output.ts';

/** What a phase says while it runs: one line for each thing that happened. */
export interface Voice {
  say(line: string): void;
  /** Nothing is drawn any more, for somebody has interrupted it: what is said from then on is seen. */
  interrupt(): void;
}

export function createVoice(): Voice {
  return { say: (line) => note(`    ${line}`), interrupt: () => undefined };
}

/**
 * Runs phases and shows each as it begins: as a list with spinners on a terminal, as plain lines
 * (`==> name: title`) elsewhere. All of it goes to stderr. What they have noted for the end is told
 * where there is none, too.
 */
export async function showPhases<Context extends object>(
  phases: readonly Phase<Context>[],
  context: Context & { notes?: readonly string[] },
  voice: Voice,
): Promise<void> {
  try {
    await show(phases, context, voice);
  } catch (error) {
    for (const line of context.notes ?? []) note(`note: ${line}`);
    throw error;
  }
}

async function show<Context>(
  phases: readonly Phase<Context>[],
  context: Context,
  voice: Voice,
): Promise<void> {
  // listr2 asks stdout, and where that is no terminal it writes its list there, into the value.
  const isDrawn = canRedraw(process.stderr) && process.stdout.isTTY === true;
  if (isDrawn) return showList(phases, context, voice);
  await runPhases(phases, context, ({ name, title }) => note(`==> ${name}: ${title}`));
}

/** Lines kept under the title of a phase. */
const LINES_SHOWN = 8;

async function showList<Context>(
  phases: readonly Phase<Context>[],
  context: Context,
  voice: Voice,
): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const processOutput = new ProcessOutput(process.stderr, process.stderr);
  voice.interrupt = () => {
    processOutput.release();
    // The terminal has put ^C at the end of the last line.
    processOutput.toStderr('');
  };
  const tasks = phases.map((phase) => ({
    title: phase.title,
    task: async (_context: unknown, task: { output: string }): Promise<void> => {
      voice.say = (line) => {
        task.output = printable(line);
      };
      await phase.run(context);
    },
    rendererOptions: { outputBar: LINES_SHOWN, persistentOutput: true },
  }));
  const list = new Listr(tasks, {
    registerSignalListeners: false,
    rendererOptions: {
      logger: new ListrLogger({ processOutput }),
      showErrorMessage: false,
      collapseErrors: false,
    },
  });
  await list.run();
}
