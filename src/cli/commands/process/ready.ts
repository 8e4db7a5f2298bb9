import { setTimeout as pause } from 'node:timers/promises';
import { isAway, refuse } from '../../../domain/base/error.ts';
import { KatoCommand, nodeFlag, word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { note } from '../../output.ts';
import { leftDown, notReady } from '../../session/ready.ts';
import { askStatus, nodeOrSelf } from '../../session/session.ts';

const LOOK_EVERY_MS = 250;

interface Ready {
  ready: true;
  /** What `all` did not mean, since a person stopped or holds it. */
  down: string[];
}

export default class ProcessReady extends KatoCommand<Ready> {
  static override summary = 'Say READY when a process runs and is ready.';
  static override description =
    'Without --block it answers at once; the exit code is 1 when the process is not ready. With --block\n' +
    'it waits that many seconds, 0 for ever, and exits with 6 when the time is up.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> all --block 60',
    '<%= config.bin %> <%= command.id %> -n data-1 redis',
  ];
  static override args = {
    process: word({
      names: 'process',
      also: ['all'],
      required: true,
      description: 'Name of a process, or all.',
    }),
  };
  static override flags = {
    block: Flags.integer({
      char: 'b',
      min: 0,
      helpValue: 'SECONDS',
      summary: 'Wait for it; 0 waits for ever.',
    }),
    node: nodeFlag,
  };

  protected async perform(): Promise<Ready> {
    const { args, flags } = await this.parse(ProcessReady);
    const node = await nodeOrSelf(flags.node);
    const deadline = deadlineOf(flags.block);
    for (;;) {
      const { missing, down } = await look(node, args.process, flags.block !== undefined);
      if (missing === null) return { ready: true, down };
      if (flags.block === undefined) throw refuse('FAILED', missing);
      if (performance.now() > deadline) throw tooLate(missing, flags.block);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** A script reads the one word: the rest is for a person. */
  protected render({ down }: Ready): readonly string[] {
    for (const what of down) note(`note: ${what}`);
    return ['READY'];
  }
}

function deadlineOf(block: number | undefined): number {
  return block === undefined || block === 0
    ? Number.POSITIVE_INFINITY
    : performance.now() + block * 1000;
}

/** Why it is not ready, or null. Who waits does not mind that bus or controllers are away for a while. */
async function look(
  node: string,
  process: string,
  patient: boolean,
): Promise<{ missing: string | null; down: string[] }> {
  try {
    const status = await askStatus(false);
    const down = process === 'all' ? leftDown(status, node) : [];
    return { missing: notReady(status, node, process), down };
  } catch (error) {
    if (!patient || !isAway(error)) throw error;
    return { missing: error.message, down: [] };
  }
}

function tooLate(missing: string, seconds: number) {
  return refuse('TIMEOUT', missing, `it was not ready within ${seconds} s`, 'kato status --all');
}
