import type { Bus, Intake, Message } from '../../src/bus/bus.ts';
import { limitsOf } from '../../src/bus/limits.ts';
import { parseSubject } from '../../src/bus/subjects.ts';
import { errorFrom, refuse, toErrorRecord } from '../../src/domain/base/error.ts';
import type { Json } from '../../src/domain/document/cluster.ts';
import type { Member } from './member.ts';
import { copyOf, type Reply, type Server, type Subscription } from './server.ts';

/** A `Bus` of the simulated server, and the end of what it hears. */
export interface Connection extends Bus {
  /** The bus is told again what is listened to, as after each new connection. */
  resubscribe(): void;
}

export function connectTo(server: Server, member: Member, who: string): Connection {
  const own = new Set<Subscription>();

  const bus: Connection = {
    who,
    get connected() {
      return member.connected;
    },
    request: async (subject, body, { timeoutMs }) => {
      const reply = await member.ask<Reply>((answer) => {
        if (server.publish(subject, body, answer) === 0) answer(nobody(subject));
      }, timeoutMs);
      if ('ok' in reply) return reply.ok;
      throw errorFrom(reply.error as unknown as Json);
    },
    gather: (subjects, body, { waitMs }) =>
      Promise.all(
        subjects.map((subject) =>
          bus.request(subject, body, { timeoutMs: waitMs }).then(
            (ok) => ({ ok }),
            (error: unknown) => ({ error: toErrorRecord(error) }),
          ),
        ),
      ),
    publish: (subject, body) => {
      member.send(() => void server.publish(subject, body));
      return member.connected;
    },
    subscribe: (subject, handler, intake = {}) =>
      listen(subject, intake, (heard, text) => {
        const taken = take(heard, text, intake);
        if (taken === 'drop' || taken === 'busy') return;
        handler(taken);
      }),
    respond: (subject, handler, intake = {}) =>
      listen(subject, intake, (heard, text, reply) => {
        const taken = take(heard, text, intake);
        if (taken === 'drop') return;
        const answered = taken === 'busy' ? Promise.reject(busy()) : handler(taken);
        answered
          .then(
            (ok): Reply => ({ ok: copyOf(ok ?? null) }),
            (error: unknown): Reply => ({ error: toErrorRecord(error) }),
          )
          .then((answer) => member.send(() => reply(answer)));
      }),
    rtt: async () => {
      await member.ask<null>((answer) => answer(null));
      return 0;
    },
    close: async () => undefined,
    resubscribe: () => {
      for (const one of own) tell(one);
    },
  };
  return bus;

  function listen(
    subject: string,
    { queue }: Intake,
    deliver: Subscription['deliver'],
  ): () => void {
    const one: Subscription = { member, subject, queue, connection: null, deliver };
    own.add(one);
    if (member.connected) tell(one);
    return () => {
      own.delete(one);
      member.send(() => void server.subscriptions.delete(one));
      one.deliver = () => undefined;
    };
  }

  function tell(one: Subscription): void {
    const { connection } = member;
    member.send(() => {
      one.connection = connection;
      server.subscriptions.add(one);
    });
  }
}

function take(
  heard: string,
  text: string,
  { admit = limitsOf }: Intake,
): Message | 'busy' | 'drop' {
  const subject = parseSubject(heard);
  const admission = subject === null ? limitsOf(null) : admit(subject, text.length);
  if (admission === 'drop' || admission === 'busy') return admission;
  return { subject: heard, sender: subject?.who ?? null, body: JSON.parse(text) };
}

function nobody(subject: string): Reply {
  const code = subject.startsWith('kato.node.') ? 'NODE_UNREACHABLE' : 'CONTROLLER_AWAY';
  return { error: { code, message: `nobody receives ${subject}` } };
}

const busy = () => refuse('BUSY', 'the controllers accept no more requests at the moment');
