import { setTimeout as pause } from 'node:timers/promises';
import { headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { errorFrom, KatoError, refuse, toErrorRecord } from '../domain/base/error.ts';
import type { Json } from '../domain/document/cluster.ts';
import { decodeBody, encodeBody, packBody } from './body.ts';
import type { Answer, Bus, BusOptions, Intake, Message } from './bus.ts';
import { busAway, requestFailure } from './failures.ts';
import { type Limits, limitsOf, limitsOfAnswer } from './limits.ts';
import { followStatus } from './link.ts';
import { answerSubject, parseSubject } from './subjects.ts';
import { takeTurns } from './turns.ts';

/** Marks an answer that is an ErrorRecord. */
const ERROR_HEADER = 'Kato-Error';
const CLOSE_LIMIT_MS = 1000;
/** Before what the bus has refused to let somebody hear is asked for again. */
const REFUSED_PAUSE_MS = 1000;
const TOO_LARGE = 'the answer is too large for the bus';

/** The library's connection behind a Bus, only for the other files of this folder. */
export function natsOf(bus: Bus): NatsConnection {
  return CONNECTIONS.get(bus)!;
}

const CONNECTIONS = new WeakMap<Bus, NatsConnection>();

export function makeBus(nats: NatsConnection, options: BusOptions): Bus {
  const link = followStatus(nats, options);
  const answering = new Set<Promise<void>>();
  const turn = takeTurns(nats);

  const bus: Bus = {
    who: options.identity.who,
    get connected() {
      return link.isUp();
    },

    async request(subject, body, { timeoutMs }) {
      if (!link.isUp()) throw busAway();
      const sent = nats.request(subject, encodeBody(body), { timeout: timeoutMs });
      const answer = await link.whileUp(sent).catch((error: unknown) => {
        throw error instanceof KatoError ? error : requestFailure(error, subject, timeoutMs);
      });
      return readAnswer(answer, limitsOfAnswer(subject));
    },

    gather(subjects, body, { waitMs }) {
      return Promise.all(
        subjects.map((subject) =>
          bus.request(subject, body, { timeoutMs: waitMs }).then(
            (ok) => ({ ok }),
            (error: unknown) => ({ error: toErrorRecord(error) }),
          ),
        ),
      );
    },

    publish(subject, body) {
      if (!link.isUp()) return false;
      nats.publish(subject, encodeBody(body));
      return true;
    },

    subscribe(subject, handler, intake = {}) {
      return listen(nats, subject, intake, (msg) => {
        const taken = take(msg, intake);
        turn(taken !== 'drop');
        if (taken !== 'drop' && taken.fault === null) guard(handler, taken.message);
      });
    },

    respond(subject, handler, intake = {}) {
      return listen(nats, subject, intake, (msg) => {
        const taken = take(msg, intake);
        turn(taken !== 'drop');
        const to = taken === 'drop' ? null : answerSubject(msg.subject, msg.reply);
        if (taken === 'drop' || to === null) return;
        const answered = answerOf(handler, taken)
          .then((answer) => {
            const bytes = link.isUp() ? send(nats, to, answer) : 0;
            intake.answered?.(parseSubject(msg.subject)!, bytes);
          })
          // A connection that is about to end takes no more answers.
          .catch((error: Error) => process.emitWarning(error))
          .finally(() => answering.delete(answered));
        answering.add(answered);
      });
    },

    rtt: () => nats.rtt(),

    async close() {
      const limit = new AbortController();
      if (link.isUp()) {
        const late = pause(CLOSE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {});
        const done = Promise.all(answering).then(() => nats.drain());
        await Promise.race([done.catch(() => {}), late]);
        limit.abort();
      }
      await nats.close();
    },
  };
  CONNECTIONS.set(bus, nats);
  options.onStatus?.('up', null);
  return bus;
}

/** A message that a handler chokes on is lost, not the connection: the library would end it. */
function guard(handler: (message: Message) => void, message: Message): void {
  try {
    handler(message);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

function listen(
  nats: NatsConnection,
  subject: string,
  { queue }: Intake,
  heard: (msg: Msg) => unknown,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let subscription = subscribe();
  return () => {
    clearTimeout(timer);
    subscription.unsubscribe();
  };

  function subscribe(): Subscription {
    return nats.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, msg) => {
        if (error === null) heard(msg);
        else timer = setTimeout(again, REFUSED_PAUSE_MS).unref();
      },
    });
  }

  /**
   * The bus may not know yet that this is allowed, and a refused subscription never receives
   * anything.
   */
  function again(): void {
    if (!nats.isClosed()) subscription = subscribe();
  }
}

type Taken = { message: Message; fault: null } | { fault: KatoError };

/** Nothing of a message is read before it is admitted. */
function take(msg: Msg, { admit = limitsOf }: Intake): Taken | 'drop' {
  const subject = parseSubject(msg.subject);
  const admission = subject === null ? limitsOf(null) : admit(subject, msg.data.length);
  if (admission === 'drop') return admission;
  if (admission === 'busy') return { fault: busy() };
  try {
    const body = decodeBody(msg.data, admission);
    return { message: { subject: msg.subject, sender: subject?.who ?? null, body }, fault: null };
  } catch (error) {
    return { fault: error as KatoError };
  }
}

function busy(): KatoError {
  return refuse(
    'BUSY',
    'the controllers accept no more requests from this asker at the moment',
    'it asked for more than they do at once for one asker',
    'try again in a moment',
  );
}

async function answerOf(
  handler: (message: Message) => Promise<Json>,
  taken: Taken,
): Promise<Answer> {
  try {
    if (taken.fault !== null) throw taken.fault;
    return { ok: await handler(taken.message) };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

/** Returns how long what was sent is unpacked, in bytes. */
function send(nats: NatsConnection, to: string, answer: Answer): number {
  if ('ok' in answer) {
    const { bytes, plainBytes } = packBody(answer.ok);
    const fits = bytes.length <= (nats.info?.max_payload ?? 0);
    if (!fits) return send(nats, to, { error: { code: 'FAILED', message: TOO_LARGE } });
    nats.publish(to, bytes);
    return plainBytes;
  }
  const marked = headers();
  marked.set(ERROR_HEADER, answer.error.code);
  const { bytes, plainBytes } = packBody({ ...answer.error });
  nats.publish(to, bytes, { headers: marked });
  return plainBytes;
}

function readAnswer(msg: Msg, limits: Limits): Json {
  let body: Json;
  try {
    body = decodeBody(msg.data, limits);
  } catch (cause) {
    const why = (cause as KatoError).message;
    throw new KatoError({ code: 'FAILED', message: 'the answer cannot be read', why }, { cause });
  }
  if (!msg.headers?.has(ERROR_HEADER)) return body;
  throw errorFrom(body);
}
