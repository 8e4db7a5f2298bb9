import * as v from 'valibot';
import { shortened } from '../domain/base/error.ts';
import { printableText } from '../domain/base/printable.ts';
import {
  errorCode,
  form,
  isoTime,
  katoVersion,
  list,
  shaped,
  table,
  whole,
  word,
} from '../domain/base/shapes.ts';
import type { Json } from '../domain/document/cluster.ts';
import { PROCESS_STATES } from '../domain/making/spec.ts';
import type { Report } from '../domain/making/step.ts';
import type { Knowledge } from './operation.ts';

/** Far above any node: it has a dozen roles, and one of them three processes. */
const PROCESSES_MAX = 256;
const STEPS_MAX = 2000;
const FAILURES_MAX = 64;
/** More than anybody reads. */
export const UNREACHABLE_MAX = 100;
const SENTENCE_MAX = 1000;
/** The last lines of a program's log. */
const WHY_MAX = 8000;

/** Of a process, a role or a step, also of what a newer kato has: it is shown, and no more. */
const NAME = form(/^[A-Za-z0-9][\w.@-]{0,63}$/, 'a name');
const CODE = v.fallback(errorCode, 'FAILED');

/** A long text is cut and not refused, since programs write what they like. */
function cut(max: number) {
  return v.pipe(
    v.custom<string>((given) => typeof given === 'string', 'not a text'),
    v.transform((given) => printableText(shortened(given, max))),
  );
}
const VERSION = v.object({
  lineage: word,
  epoch: whole(0),
  revision: whole(0),
  hash: word,
});

/** Which document somebody has, as it crosses the bus. */
export const PROVEN_VERSION = v.object({ ...VERSION.entries, proof: word });

/** What views were made from, as it crosses the bus. */
export const MADE = v.object({
  lineage: word,
  epoch: whole(0),
  revision: whole(0),
  verdicts: whole(0),
  announced: whole(0),
  secrets: whole(0),
  time: isoTime,
  kato: katoVersion,
});

const REPORT = v.object({
  node: word,
  version: PROVEN_VERSION,
  seen: v.exactOptional(PROVEN_VERSION),
  content: v.exactOptional(word),
  verdicts: v.exactOptional(whole(0)),
  kato: katoVersion,
  catalogue: list(NAME, PROCESSES_MAX),
  bootId: word,
  at: isoTime,
  steps: list(
    v.object({
      kind: NAME,
      process: NAME,
      ms: whole(0),
      failed: v.boolean(),
      note: v.exactOptional(cut(SENTENCE_MAX)),
    }),
    STEPS_MAX,
  ),
  failures: list(
    v.object({
      kind: NAME,
      process: NAME,
      code: CODE,
      message: cut(SENTENCE_MAX),
      why: v.exactOptional(cut(WHY_MAX)),
      next: v.exactOptional(cut(SENTENCE_MAX)),
      since: v.exactOptional(whole(0)),
      certificate: v.exactOptional(word),
    }),
    FAILURES_MAX,
  ),
  processes: table(
    NAME,
    v.object({
      state: v.picklist(PROCESS_STATES),
      pid: v.nullable(whole(0)),
      since: isoTime,
      held: v.boolean(),
    }),
    PROCESSES_MAX,
  ),
  roles: table(NAME, list(NAME, PROCESSES_MAX), PROCESSES_MAX),
  refusedView: v.nullable(VERSION),
  exportedAt: v.exactOptional(isoTime),
  unreachable: v.exactOptional(list(word, UNREACHABLE_MAX)),
  lostLines: v.exactOptional(v.object({ logs: list(NAME, PROCESSES_MAX), diskFull: v.boolean() })),
  complete: v.boolean(),
  busy: v.exactOptional(table(NAME, whole(0), PROCESSES_MAX)),
});

/**
 * A report as a node sent it; null for what is none, which must not reach the status of all. Whoever
 * asks a node for one gets it by this, too.
 */
export function reportOf(body: Json): Report | null {
  return shaped(REPORT, body).value as Report | null;
}

/** A node that lives answers a live question within this. */
const ANSWER_MS = 1000;

/** Of these nodes those that answer at once: a dead one is not waited for, known as dead or not. */
export async function whoAnswers(known: Knowledge, ids: readonly string[]): Promise<Set<string>> {
  const asked = ids.map((id) => known.askNode(id, 'status', null, ANSWER_MS));
  const answers = await Promise.allSettled(asked);
  return new Set(ids.filter((_id, i) => answers[i]!.status === 'fulfilled'));
}
