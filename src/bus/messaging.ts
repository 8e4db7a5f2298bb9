import { setTimeout as pause } from 'node:timers/promises';
import { errors, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Json } from '../domain/cluster.ts';
import { type ErrorRecord, KatoError, refuse, toErrorRecord } from '../domain/error.ts';
import { decodeBody, encodeBody } from './body.ts';
import type { Answer, Bus, BusOptions, Message } from './bus.ts';
import { busAway, connectFailure, requestFailure } from './failures.ts';
import { answerSubject, parseSubject } from './subjects.ts';

/** Marks an answer that is an ErrorRecord. */
const ERROR_HEADER = 'Kato-Error';
const CLOSE_LIMIT_MS = 1000;
const TOO_LARGE = 'the answer is too large for the bus';

/** The library's connection behind a Bus, for the other files of this folder alone. */
export function natsOf(bus: Bus): NatsConnection {
  return CONNECTIONS.get(bus)!;
}

const CONNECTIONS = new WeakMap<Bus, NatsConnection>();

export function makeBus(nats: NatsConnection, options: BusOptions): Bus {
  const link = followStatus(nats, options);
  const answering = new Set<Promise<void>>();

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
      return readAnswer(answer);
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

    subscribe(subject, handler, { queue } = {}) {
      return listen(nats, subject, queue, (_msg, message) => {
        if (message !== null) guard(handler, message);
      });
    },

    respond(subject, handler, { queue } = {}) {
      return listen(nats, subject, queue, (msg, message) => {
        const to = answerSubject(msg.subject, msg.reply);
        if (to === null) return;
        const answered = answerOf(handler, message)
          .then((answer) => {
            if (link.isUp()) send(nats, to, answer);
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

interface Link {
  isUp: () => boolean;
  /** Rejects with BUS_AWAY when the connection breaks first. */
  whileUp: <T>(work: Promise<T>) => Promise<T>;
}

function followStatus(nats: NatsConnection, options: BusOptions): Link {
  let up = true;
  const waiting = new Set<(error: KatoError) => void>();

  const down = (reason: KatoError) => {
    up = false;
    for (const reject of waiting) reject(busAway());
    options.onStatus?.('down', reason);
  };
  const follow = async () => {
    for await (const status of nats.status()) {
      // After a refusal it says nothing new.
      if (status.type === 'disconnect' && up) down(busAway());
      if (status.type === 'error' && status.error instanceof errors.AuthorizationError) {
        down(connectFailure(status.error, options));
      }
      if (status.type === 'reconnect') {
        up = true;
        options.onStatus?.('up', null);
      }
    }
    up = false;
  };
  void follow();

  return {
    isUp: () => up && !nats.isClosed(),
    whileUp: async (work) => {
      const broken = Promise.withResolvers<never>();
      waiting.add(broken.reject);
      try {
        return await Promise.race([work, broken.promise]);
      } finally {
        waiting.delete(broken.reject);
      }
    },
  };
}

/** A message that a handler chokes on is lost, not the connection: the library would end it. */
function guard(handler: (message: Message) => void, message: Message): void {
  try {
    handler(message);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

/** `message` is null for a body that cannot be read. */
function listen(
  nats: NatsConnection,
  subject: string,
  queue: string | undefined,
  take: (msg: Msg, message: Message | null) => unknown,
): () => void {
  const subscription = nats.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback: (error, msg) => {
      if (error === null) take(msg, readMessage(msg));
    },
  });
  return () => subscription.unsubscribe();
}

function readMessage(msg: Msg): Message | null {
  try {
    const sender = parseSubject(msg.subject)?.who ?? null;
    return { subject: msg.subject, sender, body: decodeBody(msg.data) };
  } catch {
    return null;
  }
}

async function answerOf(
  handler: (message: Message) => Promise<Json>,
  message: Message | null,
): Promise<Answer> {
  if (message === null) return { error: { code: 'BAD_VALUE', message: 'the request is not JSON' } };
  try {
    return { ok: await handler(message) };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

function send(nats: NatsConnection, to: string, answer: Answer): void {
  if ('ok' in answer) {
    const body = encodeBody(answer.ok);
    const fits = body.length <= (nats.info?.max_payload ?? 0);
    if (fits) nats.publish(to, body);
    else send(nats, to, { error: { code: 'FAILED', message: TOO_LARGE } });
    return;
  }
  const marked = headers();
  marked.set(ERROR_HEADER, answer.error.code);
  nats.publish(to, encodeBody({ ...answer.error }), { headers: marked });
}

function readAnswer(msg: Msg): Json {
  const message = readMessage(msg);
  if (message === null) throw refuse('FAILED', 'the answer cannot be read');
  if (!msg.headers?.has(ERROR_HEADER)) return message.body;
  throw new KatoError((message.body ?? {}) as unknown as ErrorRecord);
}
