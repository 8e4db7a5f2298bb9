import type { Performed } from '../../controller/state/changes.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { Phase } from '../../operations/local/phases.ts';
import { note } from '../output.ts';
import { createVoice, showPhases, type Voice } from '../session/progress.ts';
import { askForChange } from '../session/session.ts';
import { KatoCommand } from './command.ts';
import { Flags } from './oclif.ts';

/** What is asked of the cluster. */
export interface Request {
  operation: string;
  params: Json;
  /** The domain of the certificate that it installs. */
  certificate?: string;
}

/** What `waitFlags` say. */
interface Waiting {
  wait: boolean;
  /** In seconds. */
  timeout: number;
}

/** A change on its way, filled in by its phases. */
interface ChangeContext {
  voice: Voice;
  request: Request;
  timeoutMs: number;
  performed: Performed | null;
}

/** How every change of the cluster goes; it is followed where somebody waits. */
export const CHANGE_PHASES: readonly Phase<ChangeContext>[] = [
  { name: 'ask', title: 'Ask the cluster', run: askCluster },
  { name: 'follow', title: 'Wait for the nodes', run: followChange },
];

const TIMEOUT_SECONDS = 120;

export const waitFlags = {
  wait: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Wait until the nodes have followed.',
  }),
  timeout: Flags.integer({
    default: TIMEOUT_SECONDS,
    min: 1,
    helpValue: 'SECONDS',
    summary: 'How long to wait for them.',
  }),
};

/** A change of the cluster: asked for, then followed until every node it touches has made it true. */
export abstract class ChangeCommand<Result> extends KatoCommand<Changed<Result>> {
  static override baseFlags = { ...KatoCommand.baseFlags, ...waitFlags };

  /** Parses the words, asks what must be asked first, and returns what to change. */
  protected abstract request(): Promise<Request>;
  /** What became true, for a person. */
  protected abstract say(result: Result): readonly string[];

  protected async perform(): Promise<Changed<Result>> {
    const request = await this.request();
    const done = changed<Result>(await performed(request, await this.waiting()));
    if (!done.changed) await this.checkSo(done.result);
    return done;
  }

  /** Throws where what was asked for before has failed since. */
  protected async checkSo(_result: Result): Promise<void> {}

  protected render({ result, changed }: Changed<Result>): readonly string[] {
    return changed ? this.say(result) : this.sayAlready(result);
  }

  /** Doing a thing twice is not a failure. */
  protected sayAlready(result: Result): readonly string[] {
    const [first, ...more] = this.say(result);
    return [first === undefined ? 'already so' : `already so: ${first}`, ...more];
  }

  private async waiting(): Promise<Waiting> {
    const { flags } = await this.parse(this.ctor as typeof ChangeCommand);
    return flags;
  }
}

/** The value of a change: what --json prints. */
export interface Changed<Result> {
  result: Result;
  changed: boolean;
  revision: number;
}

/**
 * Runs the phases of one change. What could not be told later is told by `tell`, before anything can
 * go wrong on the nodes.
 */
export async function performed(
  request: Request,
  { wait, timeout }: Waiting = { wait: true, timeout: TIMEOUT_SECONDS },
  tell?: (done: Performed) => Promise<void>,
): Promise<Performed> {
  const phases = CHANGE_PHASES.filter(({ name }) => wait || name !== 'follow');
  const done = await run(phases, request, timeout, tell);
  if (!wait) sayNotAwaited(done);
  return done;
}

/** One that its command follows in its own way. */
export function written(request: Request): Promise<Performed> {
  const phases = CHANGE_PHASES.filter(({ name }) => name !== 'follow');
  return run(phases, request, TIMEOUT_SECONDS);
}

async function run(
  phases: typeof CHANGE_PHASES,
  request: Request,
  timeout: number,
  tell?: (done: Performed) => Promise<void>,
): Promise<Performed> {
  const voice = createVoice();
  const context: ChangeContext = { voice, request, timeoutMs: timeout * 1000, performed: null };
  // Nothing else may write to a terminal while a list of phases is drawn there.
  const asked = tell === undefined ? phases.length : 1;
  await showPhases(phases.slice(0, asked), context, voice);
  await tell?.(context.performed!);
  if (asked < phases.length) await showPhases(phases.slice(asked), context, voice);
  return context.performed!;
}

/** A command says what is wanted; a node that is off is not so yet. */
export function sayNotAwaited({ touched }: Pick<Performed, 'touched'>): void {
  if (touched.length === 0) return;
  note('note: this is written, and becomes true as the nodes follow');
}

/** A retry that found the first try done counts as the change that it is. */
export function changed<Result>({ result, revision, touched, changed }: Performed) {
  return { result: result as Result, changed: changed || touched.length > 0, revision };
}

async function askCluster(context: ChangeContext): Promise<void> {
  const { operation, params } = context.request;
  context.performed = await askForChange(operation, params);
}

async function followChange(context: ChangeContext): Promise<void> {
  const { touched, revision } = context.performed!;
  if (touched.length === 0) return;
  const { followNodes } = await import('../session/follow.ts');
  const { timeoutMs, voice } = context;
  const { certificate } = context.request;
  const wanted = { nodes: touched, revision, timeoutMs, certificate };
  // Who interrupts the waiting has not undone the change.
  const onInterrupt = (): void => {
    voice.interrupt();
    note('kato: the change is written and goes on: kato status shows what fails');
  };
  process.prependOnceListener('SIGINT', onInterrupt);
  await followNodes(wanted, (line) => voice.say(line)).finally(() => {
    process.off('SIGINT', onInterrupt);
  });
}
