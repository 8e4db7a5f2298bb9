import { refuse } from '../domain/base/error.ts';

/**
 * Every subject of the bus is made and read here. `src/domain/access/bus-permissions.ts` says who may
 * use which; the server then vouches for the id that stands in a subject.
 */

/** The controllers' name on the bus. No node may have it. */
export const CONTROLLER = 'ctl';
/** As who controllers watch the connections of the bus, in its system account. */
export const WARDEN = 'warden';

/** What a node (later: a person) wants done. `operation` may have dots. */
export const op = (who: string, operation: string): string =>
  `kato.op.${token(who)}.${tokens(operation)}`;
export const heartbeat = (id: string): string => `kato.heartbeat.${token(id)}`;
export const log = (id: string, process: string): string =>
  `kato.log.${token(id)}.${token(process)}`;
/** Carries nothing: the node fetches its view. */
export const wake = (id: string): string => `kato.node.${token(id)}.wake`;
/** A question to one node, which only reads to answer it. */
export const nodeAsk = (id: string, what: string): string =>
  `kato.node.${token(id)}.ask.${tokens(what)}`;
/** A question to all nodes, for one answer from any. Who answers is not vouched for. */
export const ask = (what: string): string => `kato.ask.${tokens(what)}`;
/** News for all nodes, and no question: nobody answers. Nodes of 0.1.0 may hear it already. */
export const VERSIONS = 'versions';
/** By the id of the token, which is the joiner's name on the bus: no id of a node looks like one. */
export const join = (tokenId: string): string => `kato.join.${token(tokenId)}`;
/** What an announcer's `router.register`, `unregister` and `greet` become for controllers. */
export const announcement = (name: string, verb: AnnouncerVerb): string =>
  `kato.announce.${token(name)}.${verb}`;
/** What is below it reaches one announcer below `_INBOX`, the usual inbox of any client library. */
const greeting = (name: string): string => `kato.greeting.${token(name)}`;
const ANNOUNCER_INBOX = '_INBOX.';
/** Reaches every announcer as `router.start`. */
export const routerStart = 'kato.router.start';
/** Kept by the history streams, heard by nobody; what plain nodes do to themselves stands below their ids. */
export const HISTORY_SUBJECT = 'kato.history';
export const historyOf = (id: string): string => `kato.history.${token(id)}`;
export const HISTORY_OF_NODES = 'kato.history.*';
/** Controllers may publish to all inboxes but their own. */
export const inboxPrefix = (who: string): string =>
  who === CONTROLLER ? `_INBOX_${CONTROLLER}` : `kato.reply.${token(who)}`;

/** What responders and listeners subscribe to: no two that one program uses may overlap. */
export const all = {
  ops: 'kato.op.>',
  opsOf: (id: string): string => `kato.op.${token(id)}.>`,
  heartbeats: 'kato.heartbeat.*',
  logs: 'kato.log.>',
  announcements: (verb: AnnouncerVerb): string => `kato.announce.*.${verb}`,
  asks: 'kato.ask.>',
  joins: 'kato.join.*',
  asksOf: (id: string): string => `kato.node.${token(id)}.ask.>`,
} as const;

export type AnnouncerVerb = 'register' | 'unregister' | 'greet';

/** What a subject says. `who` is vouched for by the bus. */
export type Subject =
  | { kind: 'op'; who: string; operation: string }
  | { kind: 'heartbeat'; who: string }
  | { kind: 'log'; who: string; process: string }
  | { kind: 'announcement'; who: string; verb: AnnouncerVerb }
  | { kind: 'ask'; who: typeof CONTROLLER; what: string }
  | { kind: 'join'; who: string };

/** Most subjects come over and over: each node's heartbeat, and all that somebody floods with. */
const PARSED_MAX = 5000;
const parsed = new Map<string, Subject | null>();

/** Null for a subject that kato does not know. */
export function parseSubject(subject: string): Subject | null {
  const known = parsed.get(subject);
  if (known !== undefined) return known;
  const made = parse(subject);
  if (parsed.size === PARSED_MAX) parsed.clear();
  parsed.set(subject, made);
  return made;
}

function parse(subject: string): Subject | null {
  const [root, kind, who = '', ...rest] = subject.split('.');
  if (root !== 'kato') return null;
  if (kind === 'ask' && who !== '') {
    return { kind, who: CONTROLLER, what: [who, ...rest].join('.') };
  }
  if (kind === 'node' && rest[0] === 'ask' && rest.length > 1) {
    return { kind: 'ask', who: CONTROLLER, what: rest.slice(1).join('.') };
  }
  if (who === '') return null;
  if (kind === 'join' && rest.length === 0) return { kind, who };
  if (kind === 'heartbeat' && rest.length === 0) return { kind, who };
  if (kind === 'op' && rest.length > 0) return { kind, who, operation: rest.join('.') };
  if (kind === 'log' && rest.length === 1) return { kind, who, process: rest[0]! };
  if (kind === 'announce' && rest.length === 1 && isVerb(rest[0]!)) {
    return { kind: 'announcement', who, verb: rest[0] };
  }
  return null;
}

/**
 * Where the answer to a message goes; null if it may not have one. The server does not check reply
 * subjects, so a responder that answered wherever it is told to would speak for the asker where the
 * asker itself may not.
 */
export function answerSubject(subject: string, reply = ''): string | null {
  const asked = parseSubject(subject);
  if (asked === null) return null;
  const { kind, who } = asked;
  const prefix = kind === 'announcement' ? ANNOUNCER_INBOX : `${inboxPrefix(who)}.`;
  if (!reply.startsWith(prefix)) return null;
  return kind === 'announcement' ? `${greeting(who)}.${reply.slice(prefix.length)}` : reply;
}

function isVerb(text: string): text is AnnouncerVerb {
  return text === 'register' || text === 'unregister' || text === 'greet';
}

const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;

/** One part of a subject, free of dots and wildcards. BAD_NAME otherwise. */
function token(text: string): string {
  if (TOKEN.test(text)) return text;
  throw refuse(
    'BAD_NAME',
    `'${text}' cannot be part of a bus subject`,
    'letters, digits, _ and - are allowed',
  );
}

function tokens(text: string): string {
  return text.split('.').map(token).join('.');
}
